"""Labelling: people listen in campaigns, and what they answer becomes votes.

| module | question |
|---|---|
| campaign | what is asked, as frozen settings |
| given | what do files of settings, plans and guidelines say? |
| making | which clips, which of them gold or practice? |
| ordering | which clips does a campaign want first? |
| queue | who hears what next? |
| answers | what does an answer say as a vote? |
| desk | one campaign at work |
| office | all desks of a store |
| history | what did a rater answer? |
| monitor, rater_figures | how does each rater do, and where do they disagree? |
| event_table | everything that raters did, as a table |
"""
