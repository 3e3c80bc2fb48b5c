"""Who speaks for a symbol: strategies by their usual rules, how often they were right lately, and outside candidates.

What belongs here: confidence, agreement and matured record of templates (`templates`); the matured record of chart
patterns (`reliability`); what an outside list proposes (`candidates`). What does not: the strategies that are traded
(`strategies`), and how a list is asked for (`market`).

Without a file or a service that proposes symbols (BUTTER_CANDIDATES_FILE, BUTTER_CANDIDATES_URL) whatever an outside
list says is null, as in the sample: the embedded market has no list of its own.

Must not see: any bar, quote or proposal after the session's own, or what a signal or a pattern came to before it had
matured.
"""

INPUTS = ("bars", "surface", "patterns", "candidates")
