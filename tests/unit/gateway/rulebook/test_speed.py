"""Two thousand rules over two hundred devices compile in two seconds."""

import time

RULE = """\
  r{0}:
    for_each: {{connection: line-{1}}}
    when: power_active > {0} kW
    hysteresis: 1 kW
    message: "P {{value}}, U {{voltage_l1}}"
    on_delay: 5 s
"""
METER = "  - {{id: m{0}, enterprise: acme, profile: meter, connection: line-{1}, unit: {2}}}\n"


def test_two_thousand_rules_over_two_hundred_devices(compile_text, park) -> None:
    lines = "".join(f"  line-{line}: {{driver: modbus, host: h{line}}}\n" for line in range(40))
    head = park.split("connections:")[0] + "connections:\n" + lines + "profiles:" + park.split("profiles:")[1]
    meters = "".join(METER.format(i, i // 5, i % 5 + 1) for i in range(200))
    rules = "alarms:\n" + "".join(RULE.format(i, i % 40) for i in range(2000))
    start = time.process_time()
    book = compile_text(rules, head.split("devices:")[0] + "devices:\n" + meters)
    taken_s = time.process_time() - start
    assert len(book.alarms) == 10_000
    assert taken_s < 2 * 2.5  # reading the files included; a shared, slow machine is given no more
