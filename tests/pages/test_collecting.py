"""What the open app does by itself."""

from emo_core.store import campaigns
from pages.parts import collecting


def test_the_log_is_moved_into_the_file_once_it_is_quiet(filled):
    log = collecting._Log(filled)

    def write():
        with filled.writing() as cursor:
            campaigns.person_number(cursor, f"person {filled.log_bytes()}")

    log.look(0)
    write()
    log.look(3)
    write()
    log.look(3 + collecting.QUIET_S)  # it has grown meanwhile
    assert filled.log_bytes()
    log.look(4 + 2 * collecting.QUIET_S)
    assert not filled.log_bytes()
    for now_s in range(100, 100 + int(collecting.LATEST_S) + 10, 10):  # never quiet
        write()
        log.look(now_s)
        if not filled.log_bytes():
            break
    assert not filled.log_bytes()
