"""Load a built blend with plain `datasets`, print three rows as a person reads them, and the blend's table.

Run it beside a built `crossthink/` folder: python docs/examples/load_blend.py
"""

from collections import Counter

from datasets import load_dataset

blend = load_dataset("crossthink", "gpr_up", split="train")

for row in blend.select(range(3)):
    print("=" * 80)
    print(row["prompt"][0]["content"])
    print("-" * 80)
    print(f"solution: {row['solution']}")

print("=" * 80)
print(f"{'source':<20}{'rows':>8}{'share':>9}")
for source, rows in Counter(meta["source"] for meta in blend["meta_data"]).most_common():
    print(f"{source:<20}{rows:>8,}{rows / len(blend):>9.4f}")
print(f"{'gpr_up':<20}{len(blend):>8,}{1:>9.4f}")
