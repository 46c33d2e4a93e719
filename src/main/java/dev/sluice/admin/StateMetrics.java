package dev.sluice.admin;

import dev.sluice.health.Health;
import dev.sluice.target.ConnectionCount;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import dev.sluice.target.TargetState;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The Prometheus metrics of the current state, read at each scrape, and those that targets and groups count themselves.
 * Several targets with the same name, which exist while one of them drains, are reported as one, as are groups. Safe for
 * use by many threads.
 */
final class StateMetrics {

    private static final String GROUP = "group";
    private static final String TARGET = "target";
    private static final String STATE = "state";

    private static final double MILLIS_PER_SECOND = 1000;

    private final StatusSource source;
    private final Function<Target, ConnectionCount> connections;

    /** A target, together with those of the same name that drain. */
    private record Place(Labels labels, List<Target> targets) {

        Target first() {
            return targets.get(0);
        }

        long sum(ToLongFunction<Target> value) {
            return targets.stream().mapToLong(value).sum();
        }
    }

    /** @param connections returns the number of connections to a target */
    StateMetrics(StatusSource source, Function<Target, ConnectionCount> connections) {
        this.source = source;
        this.connections = connections;
    }

    List<MetricSnapshot> snapshots() {
        List<MetricSnapshot> all = new ArrayList<>(ofItself());
        all.addAll(ofGroups());
        all.addAll(ofTargets());
        return all;
    }

    private List<MetricSnapshot> ofItself() {
        Lifetime lifetime = source.lifetime();
        return List.of(
                InfoSnapshot.builder()
                        .name("sluice_build")
                        .help("The version of Sluice.")
                        .dataPoint(InfoSnapshot.InfoDataPointSnapshot.builder()
                                .labels(Labels.of("version", lifetime.version()))
                                .build())
                        .build(),
                gauge(
                        "sluice_start_time_seconds",
                        "When Sluice was started, in seconds since 1970.",
                        List.of(point(lifetime.started().toEpochMilli() / MILLIS_PER_SECOND, Labels.EMPTY))),
                gauge(
                        "sluice_draining",
                        "1 while Sluice is shutting down, else 0.",
                        List.of(point(lifetime.drainingSince() == null ? 0 : 1, Labels.EMPTY))));
    }

    private List<MetricSnapshot> ofGroups() {
        return List.of(
                gauge(
                        "sluice_group_available",
                        "1 while the group, to which a rule forwards, has a target for new requests, else 0.",
                        gaugesOf(source.rules().targetGroups().stream(), group -> group.isAvailable() ? 1 : 0)),
                gauge(
                        "sluice_queue_length",
                        "Requests that wait for room at a target.",
                        gaugesOf(source.groups(), TargetGroup::waiting)),
                counter(
                        "sluice_dns_refreshes_total",
                        "DNS look-ups of the names of a group's targets, including the first.",
                        counters(group -> group.lookUps().all())),
                counter(
                        "sluice_dns_failures_total",
                        "DNS look-ups that failed, at least in part.",
                        counters(group -> group.lookUps().failures())));
    }

    private List<MetricSnapshot> ofTargets() {
        Collection<Place> places = places(source.groups());
        return List.of(
                gauge(
                        "sluice_requests_in_flight",
                        "Requests and tunnels that a target has now.",
                        gauges(places, place -> place.sum(Target::inFlight))),
                gauge(
                        "sluice_target_weight",
                        "The weight of a target, 0 for one that takes no new requests.",
                        gauges(places, place -> place.first().weight())),
                gauge(
                        "sluice_target_state",
                        "1 for the state that a target is in, 0 for the others.",
                        places.stream().flatMap(StateMetrics::states).toList()),
                gauge(
                        "sluice_connections",
                        "Connections to a target: in use, kept idle, and waited for.",
                        places.stream().flatMap(this::connections).toList()),
                counter(
                        "sluice_target_attempts_total",
                        "Attempts that were made on a target.",
                        counters(places, place -> place.first().attempts())),
                counter(
                        "sluice_ejections_total",
                        "How often a target was ejected because its requests had failed.",
                        counters(places, place -> flips(place, Health.State.EJECTED))),
                counter(
                        "sluice_health_flips_total",
                        "How often a target came into a state.",
                        places.stream().flatMap(StateMetrics::flips).toList()));
    }

    private static Collection<Place> places(Stream<TargetGroup> groups) {
        Map<Labels, Place> places = new LinkedHashMap<>();
        groups.forEach(group -> group.allTargets()
                .forEach(target -> places.computeIfAbsent(
                                Labels.of(GROUP, group.name(), TARGET, target.name()),
                                labels -> new Place(labels, new ArrayList<>()))
                        .targets()
                        .add(target)));
        return places.values();
    }

    /** The flips of all targets that have had the name: they share one count. */
    private static long flips(Place place, Health.State to) {
        return place.first().health().flips().to(to);
    }

    private static Stream<GaugeSnapshot.GaugeDataPointSnapshot> states(Place place) {
        TargetState.Name now = place.first().state().name();
        return Stream.of(TargetState.Name.values())
                .map(state -> point(state == now ? 1 : 0, place.labels().add(STATE, word(state))));
    }

    private static Stream<CounterSnapshot.CounterDataPointSnapshot> flips(Place place) {
        return Stream.of(Health.State.values())
                .map(state -> count(flips(place, state), place.labels().add(STATE, word(state))));
    }

    /** Those over all transports: one that was configured before may still be in use. */
    private Stream<GaugeSnapshot.GaugeDataPointSnapshot> connections(Place place) {
        ConnectionCount count = place.targets().stream()
                .collect(Collectors.toMap(Target::transport, connections, (first, same) -> first))
                .values()
                .stream()
                .reduce(ConnectionCount.NONE, ConnectionCount::plus);
        return Stream.of(
                point(count.leased(), place.labels().add(STATE, "leased")),
                point(count.idle(), place.labels().add(STATE, "idle")),
                point(count.pending(), place.labels().add(STATE, "pending")));
    }

    private static String word(Enum<?> state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private static List<GaugeSnapshot.GaugeDataPointSnapshot> gaugesOf(
            Stream<TargetGroup> groups, ToLongFunction<TargetGroup> value) {
        Map<String, Long> sums = groups.collect(
                Collectors.groupingBy(TargetGroup::name, LinkedHashMap::new, Collectors.summingLong(value)));
        return sums.entrySet().stream()
                .map(sum -> point((double) sum.getValue(), Labels.of(GROUP, sum.getKey())))
                .toList();
    }

    private List<CounterSnapshot.CounterDataPointSnapshot> counters(ToLongFunction<TargetGroup> value) {
        return source.targetGroups().stream()
                .map(group -> count(value.applyAsLong(group), Labels.of(GROUP, group.name())))
                .toList();
    }

    private static List<GaugeSnapshot.GaugeDataPointSnapshot> gauges(
            Collection<Place> places, ToLongFunction<Place> value) {
        return places.stream()
                .map(place -> point((double) value.applyAsLong(place), place.labels()))
                .toList();
    }

    private static List<CounterSnapshot.CounterDataPointSnapshot> counters(
            Collection<Place> places, ToLongFunction<Place> value) {
        return places.stream()
                .map(place -> count(value.applyAsLong(place), place.labels()))
                .toList();
    }

    private static GaugeSnapshot.GaugeDataPointSnapshot point(double value, Labels labels) {
        return GaugeSnapshot.GaugeDataPointSnapshot.builder()
                .value(value)
                .labels(labels)
                .build();
    }

    private static CounterSnapshot.CounterDataPointSnapshot count(long value, Labels labels) {
        return CounterSnapshot.CounterDataPointSnapshot.builder()
                .value((double) value)
                .labels(labels)
                .build();
    }

    private static MetricSnapshot gauge(
            String name, String help, Collection<GaugeSnapshot.GaugeDataPointSnapshot> points) {
        GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
        points.forEach(gauge::dataPoint);
        return gauge.build();
    }

    private static MetricSnapshot counter(
            String name, String help, Collection<CounterSnapshot.CounterDataPointSnapshot> points) {
        CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help(help);
        points.forEach(counter::dataPoint);
        return counter.build();
    }
}
