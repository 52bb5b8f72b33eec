"""Reads a review export with the tools' own SDKs, answers, and writes what the tools export.

    review_tools.py argilla|label-studio FOLDER CHOICES EXPORT

For the Python of .venv-review. CHOICES is JSON: a list of [solution, person, choice, note]. No
server is there: Argilla's client is a stub that notes what it is sent; Label Studio's results are
made and checked by its SDK's labelling interface. The last line says in JSON what was read.
"""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path
from unittest.mock import MagicMock


def argilla(folder, answers, export):
    """Import with `from_disk`, answer, and export with `to_json`."""
    import argilla as rg
    from argilla._models import RecordModel
    from argilla.client import Argilla
    from argilla.records._io import JsonIO

    client, sent = MagicMock(), []
    client.api.datasets.name_exists.return_value = False
    client.workspaces.default.id = client.me.id = uuid.uuid4()
    Argilla._default_client = client

    def upsert(dataset_id, records):
        sent.extend(records)
        return [], 0

    client.api.records.MAX_RECORDS_PER_UPSERT_BULK = 500
    client.api.records.bulk_upsert.side_effect = upsert
    rg.Dataset.create = lambda self: self.settings.validate()
    dataset_id = uuid.uuid4()
    model = rg.Dataset._load_dataset_model

    def with_id(path):
        loaded = model(path)
        loaded.id = dataset_id
        return loaded

    rg.Dataset._load_dataset_model = staticmethod(with_id)
    dataset = rg.Dataset.from_disk(str(folder), client=client)
    records = []
    for each in sent:
        assert isinstance(each, RecordModel)
        record = rg.Record(id=each.external_id, fields=each.fields, metadata=_plain(each.metadata))
        for solution, person, choice, note in answers:
            if solution == each.external_id:
                assert choice in dataset.settings.questions["first_error"].labels
                user = uuid.uuid5(uuid.NAMESPACE_DNS, person)
                record.responses.add(rg.Response("first_error", choice, user, "submitted"))
                record.responses.add(rg.Response("note", note, user, "submitted"))
        record._model.status = "completed" if len(record.responses) else "pending"
        records.append(record)
    JsonIO.to_json(records, Path(export))
    return {
        "fields": [dict(record.fields) for record in records],
        "people": [str(uuid.uuid5(uuid.NAMESPACE_DNS, answer[1])) for answer in answers],
        "labels": dataset.settings.questions["first_error"].labels,
        "markdown": [field.use_markdown for field in dataset.settings.fields],
    }


def _plain(metadata):
    return {each.name: each.value for each in metadata}


def label_studio(folder, answers, export):
    """Check configuration, tasks and results with the SDK, and write them as an export has them."""
    from label_studio_sdk.label_interface import LabelInterface

    interface = LabelInterface((folder / "config.xml").read_text())
    interface.validate()
    tasks = json.loads((folder / "tasks.json").read_text())
    for number, task in enumerate(tasks, start=1):
        interface.load_task(task["data"])
        assert interface.validate_task(task)
        task |= {"id": number, "annotations": [], "predictions": []}
        for solution, person, choice, note in answers:
            if solution != task["data"]["solution_id"]:
                continue
            assert choice in [each["value"] for each in task["data"]["choices"]]
            said = {"first_error": {"choices": [choice]}, "note": {"text": [note]}}
            regions = [
                {
                    "id": f"{name}-{number}",
                    "from_name": name,
                    "to_name": "solution",
                    "type": interface.get_control(name).tag.lower(),
                    "value": value,
                }
                for name, value in said.items()
            ]
            annotation = {"result": regions, "was_cancelled": False}
            assert interface.validate_annotation(annotation), annotation
            who = {"id": 1, "email": person} if "@" in person else int(person)
            task["annotations"].append({"id": 1, "completed_by": who, **annotation})
    Path(export).write_text(json.dumps(tasks))
    return {"tasks": len(tasks), "controls": sorted(control.name for control in interface.controls)}


if __name__ == "__main__":
    tool, where, said, target = sys.argv[1:]
    run = {"argilla": argilla, "label-studio": label_studio}[tool]
    sys.stdout.write(json.dumps(run(Path(where), json.loads(said), target)) + "\n")
