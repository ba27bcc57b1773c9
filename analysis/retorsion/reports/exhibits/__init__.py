"""What the notebooks show: figures, sentences and tables made from findings, one module for each subject.

Each gives what it shows, or raises NotEstimable with the findings' own sentence where there is nothing to show
(:func:`retorsion.reports.statements.told` shows that sentence).
"""
