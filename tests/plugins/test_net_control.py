"""virtio-net's control queue: lists of addresses, steering, hashes, counters."""

from pathlib import Path
from struct import pack

from tests.plugins.test_net import CONTROL, told

CTRL_VQ, CTRL_RX, STATS, TUNNEL, HASH, RSS = 17, 18, 50, 51, 57, 60
ONE, GROUP = bytes.fromhex("525400123456"), bytes.fromhex("01005e000001")


def test_addresses_of_stations_and_groups(tmp_path: Path) -> None:
    card = told(CTRL_VQ, CTRL_RX)
    card.both(b"\1\0" + pack("<I", 1) + ONE + pack("<I", 2) + GROUP + GROUP, b"\0", queue=CONTROL)
    seen = card.inspect(tmp_path)
    assert seen.fields[0] == {
        "class": "MAC", "command": 0, "unicast": 1, "table[0].mac": "52:54:00:12:34:56", "multicast": 2,
        "groups[0].mac": "01:00:5e:00:00:01", "groups[1].mac": "01:00:5e:00:00:01",
    }  # fmt: skip
    assert not seen.findings


def test_steering_and_hashes(tmp_path: Path) -> None:
    card = told(CTRL_VQ, RSS, HASH, TUNNEL, queues=5)
    steering = pack("<IHH", 0x3, 3, 0) + pack("<4H", 0, 2, 0, 2) + pack("<HB", 2, 4) + b"\1\2\3\4"
    card.both(b"\4\1" + steering, b"\0", queue=4)
    card.both(b"\4\2" + pack("<I8xB", 0x9, 4) + b"\5\6\7\x08", b"\0", queue=4)
    card.both(b"\7\0" + pack("<I", 0x50), b"\0", queue=4)
    seen = card.inspect(tmp_path)
    fields = seen.fields
    assert seen.commands[::2] == ["MQ_RSS_CONFIG", "MQ_HASH_CONFIG", "HASH_TUNNEL_SET"]
    assert (fields[0]["hash_types"], fields[0]["max_tx_queues"]) == (["IPV4", "TCPV4"], 2)
    assert [fields[0][f"table[{i}].queue"] for i in range(4)] == [0, 2, 0, 2]
    assert (fields[0]["key_length"], fields[0]["key"]) == (4, 4)
    assert (fields[2]["hash_types"], fields[2]["key"]) == (["IPV4", "IPV6"], 4)
    assert fields[4]["tunnels"] == ["VXLAN", "GENEVE"]
    assert not seen.findings


def test_counters(tmp_path: Path) -> None:
    card = told(CTRL_VQ, STATS)
    card.both(b"\x08\0", pack("<Q", 1 << 32 | 3) + b"\0", queue=CONTROL)
    commands = pack("<BBHHH", 32, 0, 2, 0, 24) + pack("<QQ", 9, 8)
    received = pack("<BBHHH", 0, 0, 0, 0, 48) + pack("<5Q", 1, 20, 3000, 4, 5)
    wanted = pack("<H6xQ", 2, 1 << 32) + pack("<H6xQ", 0, 1)
    card.both(b"\x08\1" + wanted, commands + received + b"\0", queue=CONTROL)
    fields = card.inspect(tmp_path).fields
    assert fields[1] == {"types": ["RX_BASIC", "RX_CSUM", "CVQ"], "ack": "OK"}
    assert (fields[2]["stats[0].queue"], fields[2]["stats[1].types"]) == (2, ["RX_BASIC"])
    assert (fields[3]["stats[0].command_num"], fields[3]["stats[0].ok_num"]) == (9, 8)
    assert (fields[3]["stats[1].type"], fields[3]["stats[1].bytes"]) == ("RX_BASIC", 3000)
    assert (fields[3]["stats[1].drop_overruns"], fields[3]["ack"]) == (5, "OK")
