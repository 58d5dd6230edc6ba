"""Keys and a sum over the newest rows of every table, as deltalake and polars read them; one line of JSON."""

import json
import sys

import deltalake
import polars


def facts(frame: polars.DataFrame) -> list[int]:
    """How many keys are there now, and the sum of their versions, or of their amounts where rows have no version."""
    key = "id" if "id" in frame.columns else "entry"
    newest = frame.sort("load", "change_seq").group_by(key).last().filter(polars.col("op") != "D")
    summed = "version" if "version" in frame.columns else "amount_minor"
    return [newest.height, int(newest[summed].sum())]


answers = {}
for table in sys.argv[2:]:
    path = f"{sys.argv[1]}/{table}"
    answers[table] = facts(polars.read_delta(path))
    arrow = polars.from_arrow(deltalake.DeltaTable(path).to_pyarrow_table())
    assert facts(arrow) == answers[table], table
print(json.dumps(answers))
