package dev.sluice.target;

import dev.sluice.health.Health.State;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A group's targets at one moment, and which requests they take. Immutable.
 *
 * @param all in a stable order
 * @param leaving targets that are draining because they are no longer found or configured
 * @param candidates the fittest targets: those that take new requests
 * @param reserve the less fit ones, the fittest first: they take a request for which all candidates are excluded
 * @param bySession the targets that may serve sessions, by session id: all candidates, and maybe others
 * @param sessionsElsewhere those others
 */
record Snapshot(
        List<Target> all,
        List<Target> leaving,
        List<Target> candidates,
        List<Target> reserve,
        Map<String, Target> bySession,
        Map<String, Target> sessionsElsewhere) {

    static final Snapshot EMPTY = new Snapshot(List.of(), List.of(), List.of(), List.of(), Map.of(), Map.of());

    /**
     * A snapshot of now.
     *
     * @param failOpen whether UNHEALTHY targets take requests if there are no fitter ones
     */
    static Snapshot of(List<Target> all, List<Target> leaving, boolean failOpen) {
        Map<Target, State> states = new LinkedHashMap<>(); // read once, as it may change meanwhile
        for (Target target : all) {
            State state = target.health().state();
            if (!target.isGone() && !target.isOut() && (state != State.UNHEALTHY || failOpen)) {
                states.put(target, state);
            }
        }
        Comparator<Target> byFitness =
                Comparator.<Target, State>comparing(states::get).thenComparingInt(Target::priority);
        List<Target> weighted =
                states.keySet().stream().filter(target -> target.weight() > 0).toList();
        Target fittest = weighted.stream().min(byFitness).orElse(null);
        List<Target> candidates = new ArrayList<>();
        List<Target> reserve = new ArrayList<>();
        for (Target target : weighted) {
            (byFitness.compare(target, fittest) == 0 ? candidates : reserve).add(target);
        }
        reserve.sort(byFitness);
        Map<String, Target> bySession = bySession(leaving, states, candidates);
        Map<String, Target> elsewhere = new HashMap<>(bySession);
        candidates.forEach(candidate -> elsewhere.remove(candidate.id(), candidate));
        return new Snapshot(
                all, leaving, List.copyOf(candidates), List.copyOf(reserve), bySession, Map.copyOf(elsewhere));
    }

    private static Map<String, Target> bySession(
            List<Target> leaving, Map<Target, State> states, List<Target> candidates) {
        Map<String, Target> bySession = new HashMap<>();
        for (Target target : leaving) {
            if (!target.isOut() && target.health().state().compareTo(State.EJECTED) < 0) {
                bySession.put(target.id(), target);
            }
        }
        states.forEach((target, state) -> {
            if (state.compareTo(State.EJECTED) < 0 || candidates.contains(target)) {
                bySession.put(target.id(), target);
            }
        });
        return Map.copyOf(bySession);
    }

    /** Why no target takes new requests, in words for the log; null if one does. */
    @Nullable
    String unavailability() {
        if (!candidates.isEmpty()) {
            return null;
        }
        if (all.isEmpty()) {
            return "no target is available: none of its names has an address";
        }
        Map<String, Long> reasons =
                all.stream().collect(Collectors.groupingBy(Snapshot::whyNot, TreeMap::new, Collectors.counting()));
        return "no target is available: "
                + (reasons.size() == 1
                        ? allAre(all.size(), reasons.keySet().iterator().next())
                        : "of " + all.size() + ", "
                                + reasons.entrySet().stream()
                                        .map(entry -> entry.getValue()
                                                + (entry.getValue() == 1 ? " is " : " are ")
                                                + entry.getKey())
                                        .collect(Collectors.joining(", ")));
    }

    private static String allAre(int count, String reason) {
        return (count == 1 ? "the only one is " : count == 2 ? "both are " : "all " + count + " are ") + reason;
    }

    private static String whyNot(Target target) {
        TargetState.Name state = target.state().name();
        return state.compareTo(TargetState.Name.UNHEALTHY) < 0 && target.weight() == 0 ? "of weight 0" : state.name();
    }
}
