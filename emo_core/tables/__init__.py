"""What columns of a table hold, told from their names and values: what every room that reads tables needs.

column_kinds   names by which columns go, and values that fit them
shares         telling distributions from counts of votes
set_aside      columns that an import leaves aside, and why
to_be_said     what an import cannot know and must be told
"""
