"""The scoreboard: every hub's stated figures beside what is known of them, as plain data for the board, the API and the terminal.

The shape of `scoreboard(...)`, a JSON list with one object a hub, national first, then each parent before its children::

    [{
      "hub": "guian", "name": {"en": "Guiyang and Gui'an", "zh": "贵阳贵安"},
      "parent": "guizhou",                          # null at the top
      "location": {"latitude": 26.4, "longitude": 106.6},  # or null
      "timezone": "Asia/Shanghai",
      "at": "2026-11-22T12:00:00+08:00",            # judged at this moment, in the hub's own time
      "counts": {"met": 0, "on_track": 1, …},       # of `targets`, all seven states, in the order of STATES
      "targets": [ROW, …],                          # what the hub itself stated, in the order of the register
      "policy": [ROW, …],                           # national policy the hub's file asked for; empty by default; keep apart
      "no_target": [                                # headline KPIs for which no source states anything for the whole hub
        {"kpi": "pue", "kpi_name": {en, zh}, "scope": "hub", "value": 1.31 | null, "coverage": 0.97 | null,
         "display": {"en": {"value": "1.31" | "", "text": "no target stated"}, "zh": {…}}}
      ]
    }]

    ROW = {
      "id": "guian-huawei-pue", "number": 15,       # number: row of the register, 0 for the operator's own
      "kpi": "pue", "kpi_name": {"en": …, "zh": …},
      "scope": "huawei", "scope_name": {"en": …, "zh": …},   # "hub" is the hub as a whole
      "kind": "target",                             # observation | target | both (an observation and a floor to hold)
      "op": "<=",                                   # >= | <= | = | rising; "" for an observation
      "limit": 1.2 | null,                          # base units; null for observations and for `rising`
      "stated_value": 1.2 | null,                   # the figure as published, base units; null for `rising`
      "at_least": false,                            # true where the source says "over"
      "value": 1.18 | null,                         # best evidence now, base units; null without any
      "value_kind": "measured" | "registered" | "derived" | null,
      "value_time": "2026-11-22T12:00:00+08:00" | null,
      "value_at_least": false,                      # true: a count of a part, or "over": the real figure may be higher
      "unit": "ratio",                              # base unit of limit, value, distance; pace is that per day
      "distance": -0.02 | null,                     # what is still missing to the limit; zero or negative: kept, with that margin
      "pace": 12.5 | null,                          # required per day until the deadline, for what is built up
      "forecast": "2026-12-20" | null,              # day the trend reaches the limit
      "coverage": 0.97 | null,                      # share of the evidence that was there, 0 to 1
      "interim": false,                             # true: an annual KPI from less than a year
      "state": "on_track",                          # one of STATES
      "state_name": {"en": "on track", "zh": "有望达成"}, "symbol": "»",
      "deadline": {"from": "2027-03-01", "to": "2027-06-14"} | null,   # equal where one day is stated
      "days_left": 204 | null,                      # to the end of `to`; negative when past
      "display": {"en": {"value": "1.18", "limit": "≤ 1.2", "distance": "0.02 below the limit", "pace": "",
                         "deadline": "2027-03-01 to 2027-06-14", "coverage": "97 %", "stated_value": "1.2"}, "zh": {…}},
                                                    # ready to print; "" where there is nothing to show
      "source": {"publisher": {"en": …, "zh": …}, "date": "2024-06-14", "about": {"en": …, "zh": …}},
      "stated": "2024-06-14",                       # the day or period the figure speaks of: also "2023", "end of 2023"
      "text": {"en": …, "zh": …},                   # our paraphrase of the claim
      "open": {"en": …, "zh": …},                   # what the source leaves open
      "measured": {"en": …, "zh": …},               # how it is measured
      "explanation": {"en": …, "zh": …},            # why it is in this state
      "confidence": "high" | "medium" | "low", "derived": false,
      "milestone_of": "" | "liangya-compute",       # id of the target it leads to
      "policy": "" | "NDRC action plan …",          # only in `policy` rows
    }

Facts published after the moment asked for are left out: nobody could know them. Values are base units; only `display` is scaled.
"""
