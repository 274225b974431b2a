"""How fast people are silenced when many close at the same minute."""

from bot.services.silencing import Pace


def test_so_many_a_minute_and_no_more():
    pace = Pace(2)
    pace.take(0.0)
    pace.take(10.0)
    assert not pace.is_free(59.9)
    assert pace.is_free(60.0)
    pace.take(60.0)
    assert not pace.is_free(69.9)
    assert pace.is_free(70.0)


def test_a_pause_holds_although_there_is_room():
    pace = Pace(2)
    pace.pause(0.0, 30)
    pace.pause(0.0, 5)
    assert not pace.is_free(29.9)
    assert pace.is_free(30.0)
