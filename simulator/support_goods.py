"""Supports that are bought: devices, software and classroom redesign."""

import numpy as np

from simulator.ledger import NEVER, NULL, Column, Dates, Kind, Ledger, Number, Serial, Words, ledger_of
from simulator.randomness import stream
from simulator.schools import Schools
from simulator.support_plan import (
    DOLLARS_PER_STUDENT,
    MINUTES_PER_WEEK,
    PLANNING,
    PRODUCTS,
    devices_planned,
    sites,
)

DEVICE_TYPES = ("chromebook", "tablet", "laptop")
DEVICE_CENTS = (24_900, 32_900, 41_900)
CATEGORIES = ("furniture", "visual")
ORDER_STATUSES = ("ordered", "delivered", "cancelled")
DELIVERED, ORDER_CANCELLED = 1, 2
IMPOSSIBLE = 0.02
"""Largest share of a week's usage rows that the vendors' export garbles."""


def devices(schools: Schools) -> Ledger:
    """The feed of the deployments, at the begin of the second and third stage."""
    rng = stream(schools.seed, "devices")
    kinds: dict[str, Kind] = {
        "deployment_id": Serial("DV", 5), "school_id": Words(schools.ids), "deployed_on": Dates(),
        "device_type": Words(DEVICE_TYPES), "quantity": Number(), "unit_cost": Number(2), "retired_on": Dates(),
    }  # fmt: skip
    rows: list[tuple[int, ...]] = []
    retired: list[int] = []
    for site in sites(schools):
        starts = {stage.stage: stage.start for stage in site.stages}
        for stage, quantity in devices_planned(site):
            type_ = int(rng.choice(3, p=(0.7, 0.2, 0.1)))
            delay, arrived = int(rng.integers(10, 90)), max(round(quantity * rng.uniform(0.75, 1.05)), 1)
            end = int(rng.integers(300, 700)) if rng.random() < 0.15 else NEVER
            if stage in starts:
                day = starts[stage] + delay
                rows.append((len(rows) + 1, site.school, day, type_, arrived, DEVICE_CENTS[type_], NULL))
                retired.append(min(day + end, NEVER))
    made = ledger_of(kinds, rows, [row[2] + 2 for row in rows])
    made.set_all("retired_on", retired, retired)
    return made


def redesign_orders(schools: Schools) -> Ledger:
    """The feed of the orders; a delivery or a cancellation is known on its day."""
    rng = stream(schools.seed, "orders")
    kinds: dict[str, Kind] = {
        "order_id": Serial("RO", 5), "school_id": Words(schools.ids), "category": Words(CATEGORIES),
        "ordered_on": Dates(), "delivered_on": Dates(), "amount_usd": Number(2), "status": Words(ORDER_STATUSES),
    }  # fmt: skip
    rows: list[tuple[int, ...]] = []
    settled: list[tuple[int, int, int]] = []
    for site in sites(schools):
        for stage in site.stages:
            budget = DOLLARS_PER_STUDENT[stage.stage] * site.size * (0.7 + 0.35 * site.fidelity)
            for category, share in enumerate((0.5, 0.3, 0.2) if budget else ()):
                day = stage.start + int(rng.integers(14, 120))
                after, cancelled = day + int(rng.integers(30, 100)), rng.random() < 0.08
                rows.append((len(rows) + 1, site.school, min(category, 1), day, NULL, round(budget * share * 100), 0))
                settled.append((after, NULL if cancelled else after, ORDER_CANCELLED if cancelled else DELIVERED))
    made = ledger_of(kinds, rows, [row[3] for row in rows])
    when, delivered, status = zip(*settled, strict=True) if settled else ((), (), ())
    made.set_all("delivered_on", when, delivered)
    made.set_all("status", when, status)
    return made


def edtech_usage(schools: Schools) -> Ledger:
    """The feed of the software's use: a week is known on the Monday after it, and restated for a month."""
    rng = stream(schools.seed, "edtech")
    kinds: dict[str, Kind] = {
        "school_id": Words(schools.ids), "product": Words(PRODUCTS), "week_start": Dates(),
        "active_students": Number(), "minutes": Number(),
    }  # fmt: skip
    rows = []
    for site in sites(schools):
        for week in site.weeks():
            for product in range(len(PRODUCTS) if week.stage != PLANNING else 0):
                active = max(round(site.size * rng.uniform(0.35, 0.85) * site.fidelity), 1)
                minutes = round(active * MINUTES_PER_WEEK * rng.uniform(0.6, 1.3))
                rows.append((site.school, product, week.monday, active, minutes))
    made = ledger_of(kinds, rows, [row[2] + 7 for row in rows])
    garbled = _garble(made, rng)
    known = made.known_on.astype(np.int64)
    count = len(known)
    restated = np.flatnonzero((rng.random(count) < 0.08) & ~garbled)
    minutes_now = np.round(made.columns["minutes"].values[restated] * 1.1).astype(np.int64)
    made.set("minutes", restated, known[restated] + rng.integers(1, 29, len(restated)), minutes_now)
    gone = np.where((rng.random(count) < 0.006) & ~garbled, known + rng.integers(1, 29, count), NEVER)
    made.gone_on = gone.astype(np.int32)
    return made


def _garble(made: Ledger, rng: np.random.Generator) -> np.ndarray:
    """Turn the minutes of a few rows negative: one in most weeks of at least fifty rows."""
    weeks, place, sizes = np.unique(made.known_on, return_inverse=True, return_counts=True)
    garbled = np.zeros(len(place), dtype=bool)
    for week in range(len(weeks)):
        if sizes[week] * IMPOSSIBLE >= 1 and rng.random() < 0.6:
            garbled[rng.choice(np.flatnonzero(place == week))] = True
    minutes = made.columns["minutes"]
    made.columns["minutes"] = Column(np.where(garbled, -minutes.values, minutes.values), minutes.kind)
    return garbled
