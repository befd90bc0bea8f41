"""What was sent reaches an archive on a real cluster as it does one on disk."""

from __future__ import annotations

from pathlib import Path

from inboxes import desk_in


def test_what_was_sent_is_added_changed_and_deleted_on_a_cluster(opensearch_archive: str, tmp_path: Path) -> None:
    desk = desk_in(tmp_path, opensearch_archive)
    desk.put("b", "Other")
    numbers = [desk.put("a", "One")]
    desk.write()
    numbers += [desk.put("a", "Two")]
    desk.write()
    numbers += [desk.put("a", "Two", tags=[])]
    desk.write()
    assert desk.titles() == {"a": "Two", "b": "Other"}
    numbers += [desk.delete("a")]
    desk.write()
    assert [desk.of(number).outcome for number in numbers] == ["added", "changed", "unchanged", "deleted"]
    assert desk.titles() == {"b": "Other"}
