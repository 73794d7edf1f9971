"""What leaves the workbench besides exports of votes: tables, figures as files, the paper pack.

| module | |
|---|---|
| tables | CSV that a spreadsheet shows and never runs |
| figures | Plotly figures as HTML, SVG and PNG |
| pack | all numbers, figures and data of a study in one folder, and the check that recomputes them |
"""
