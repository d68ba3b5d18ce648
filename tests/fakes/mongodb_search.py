"""What a MongoDB with a search process beside it says to the commands of vector search, in their documented form.

It stands on the wire before the test server, which has none of them, and answers from that server's rows, exactly. A
command that the documentation would have refused is refused here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from pymongo import AsyncMongoClient

BAD_VALUE = 2


@dataclass
class SearchNode:
    url: str
    """Of the test server itself, with the database."""
    queryable: bool = True
    """Whether an index is built as soon as it is ordered."""
    broken: bool = False
    indexes: dict[str, dict[str, Any]] = field(default_factory=dict)
    searches: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, command: dict[str, Any]) -> dict[str, Any] | None:
        """To what belongs to it; None leaves a command to the server."""
        if "createSearchIndexes" in command:
            return self._create(command)
        if "updateSearchIndex" in command:
            return self._define(command["name"], command["updateSearchIndex"], command["definition"])
        stage = command["pipeline"][0] if command.get("pipeline") else {}
        namespace = f"{command['$db']}.{command.get('aggregate')}"
        if "$listSearchIndexes" in stage:
            return _cursor(namespace, self._listed(stage["$listSearchIndexes"].get("name")))
        if "$vectorSearch" not in stage:
            return None
        if self.broken or command.get("readConcern", {}).get("level") == "snapshot":
            return _refused(BAD_VALUE)
        return _cursor(namespace, await self._found(command["$db"], command["aggregate"], command["pipeline"]))

    def _create(self, command: dict[str, Any]) -> dict[str, Any]:
        for index in command["indexes"]:
            assert index["type"] == "vectorSearch"
            assert index["name"] not in self.indexes
            self.indexes[index["name"]] = {}
            self._define(index["name"], command["createSearchIndexes"], index["definition"])
        return {"ok": 1.0, "indexesCreated": [{"id": name, "name": name} for name in self.indexes]}

    def _define(self, name: str, collection: str, definition: dict[str, Any]) -> dict[str, Any]:
        assert name in self.indexes
        self.indexes[name] = {**_checked(definition), "collection": collection}
        return {"ok": 1.0}

    def _listed(self, name: str | None) -> list[dict[str, Any]]:
        return [
            {
                "id": each,
                "name": each,
                "type": "vectorSearch",
                "status": "READY" if self.queryable else "BUILDING",
                "queryable": self.queryable,
                "latestDefinition": {key: value for key, value in definition.items() if key != "collection"},
            }
            for each, definition in self.indexes.items()
            if name is None or each == name
        ]

    async def _found(self, database: str, collection: str, pipeline: list[dict[str, Any]]) -> list[dict[str, Any]]:
        search, *rest = pipeline
        options = search["$vectorSearch"]
        self.searches.append(options)
        definition = self.indexes[options["index"]]
        paths = {each["path"]: each["type"] for each in definition["fields"]}
        assert definition["collection"] == collection
        assert paths[options["path"]] == "vector"
        assert all(paths[path] == "filter" for path in options.get("filter", {}))
        assert options["limit"] <= options["numCandidates"] <= 10_000
        wanted = list(options["queryVector"].as_vector().data)
        assert len(wanted) == definition["fields"][0]["numDimensions"]
        async with AsyncMongoClient[dict[str, Any]](self.url) as client:
            rows = client[database][collection]
            near = [row async for row in rows.find({**options.get("filter", {}), options["path"]: {"$ne": None}})]
            near.sort(key=lambda row: -_cosine(wanted, row[options["path"]].as_vector().data))
            ids = [row["_id"] for row in near[: options["limit"]]]
            cursor = await rows.aggregate([{"$match": {"_id": {"$in": ids}}}, *rest])
            found = {row["_id"]: row async for row in cursor}
        return [found[each] for each in ids if each in found]


def _checked(definition: dict[str, Any]) -> dict[str, Any]:
    for each in definition["fields"]:
        if each["type"] == "vector":
            assert set(each) == {"type", "path", "numDimensions", "similarity"}
            assert each["similarity"] in {"euclidean", "cosine", "dotProduct"}
            assert 1 <= each["numDimensions"] <= 8192
        else:
            assert (set(each), each["type"]) == ({"type", "path"}, "filter")
    return definition


def _cosine(one: Any, other: Any) -> float:
    size = sqrt(sum(each * each for each in one) * sum(each * each for each in other))
    return sum(left * right for left, right in zip(one, other, strict=True)) / size if size else 0.0


def _cursor(namespace: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"ok": 1.0, "cursor": {"id": 0, "ns": namespace, "firstBatch": rows}}


def _refused(code: int) -> dict[str, Any]:
    return {"ok": 0.0, "code": code, "errmsg": "not in this form", "codeName": "Test"}
