"""The recorder: group commit, bad rows, redelivery, caps and outages, on both databases."""


async def test_boot(any_office):
    await any_office.settle()


async def test_boot2(any_office):
    await any_office.settle()
