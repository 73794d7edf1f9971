-- $: campaign, items
SELECT
    campaign_clips.item,
    corpora.audio_root, clips.audio, clips.start_s, clips.end_s, clips.transcript, corpora.name AS corpus,
    clips.name AS clip, clips.clip_id, clips.corpus_id, coalesce(clips.end_s - clips.start_s, clips.duration_s) AS seconds,
    corpora.rating_low, corpora.rating_high
FROM campaign_clips
JOIN clips USING (clip_id)
JOIN corpora USING (corpus_id)
WHERE campaign_clips.campaign_id = $campaign AND campaign_clips.item IN (SELECT unnest($items))
