"""Search, classify and cluster through Quarry's API, with nothing but Python's standard library.

QUARRY_URL=http://127.0.0.1:8080 QUARRY_KEY=qk_local python examples/clients/embeddings.py
"""

from __future__ import annotations

import base64
import json
import os
import struct
import urllib.request
from typing import Any

URL = os.environ.get("QUARRY_URL", "http://127.0.0.1:8080")
KEY = os.environ.get("QUARRY_KEY", "qk_local")


def ask(path: str, **body: Any) -> Any:
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


notes = [
    "The heron waits in the shallow water until a fish comes near.",
    "The central bank raised interest rates by a quarter point.",
    "Nests of herons are built in alders near the weir.",
    "Mortgages follow the interest rates of the bank.",
]

print("Nearest to 'birds by the river':")
for hit in ask("/embeddings/search", query="birds by the river", documents=notes, top_k=2)["results"]:
    print(f"  {hit['score']:.3f}  {hit['text']}")

classes = [{"label": "nature", "description": "animals, plants and rivers"}, {"label": "money", "description": "banks"}]
for note, found in zip(notes, ask("/embeddings/classify", texts=notes, classes=classes)["items"], strict=True):
    print(f"{found['results'][0]['label']:<7} {'?' if found['uncertain'] else ' '} {note}")

print("Clusters:", [each["members"] for each in ask("/embeddings/cluster", texts=notes, k=2)["clusters"]])

answer = ask("/embeddings", input=notes, dimensions=256, encoding_format="base64")
vectors = [struct.unpack("<256f", base64.b64decode(text)) for text in answer["embeddings"]]
print(f"{len(vectors)} vectors of {len(vectors[0])} numbers by {answer['model']} for ${answer['cost_usd']}")
