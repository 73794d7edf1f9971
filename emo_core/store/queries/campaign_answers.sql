-- Every event of a campaign with its people and clips, in order of arrival; names of emotions stand in `content`.
-- $: campaign
SELECT
    answers.answer_id, people.name AS rater, members.sees_votes, corpora.name AS corpus, clips.name AS clip, campaign_clips.role,
    answers.item, answers.turn, answers.kind, answers.content, answers.seconds, answers.happened_at, answers.received_at,
    answers.vote_id,
    standing_answers.answer_id IS NOT NULL AS standing,
    campaign_clips.expected
FROM answers
JOIN people USING (person_id)
JOIN members USING (campaign_id, person_id)
JOIN campaign_clips USING (campaign_id, item)
JOIN clips USING (clip_id)
JOIN corpora USING (corpus_id)
LEFT JOIN standing_answers USING (answer_id)
WHERE answers.campaign_id = $campaign
ORDER BY answers.answer_id
