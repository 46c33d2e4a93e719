package dev.sluice.target;

import dev.sluice.health.Health.State;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A group's targets at one moment, and which of them take which requests. Immutable.
 *
 * @param all in a stable order
 * @param leaving those that DNS has no longer and that may still finish
 * @param candidates those that take new requests: the fittest
 * @param reserve those that take a request that all of the fittest have failed
 * @param bySession all that may have sessions, by the ids that sessions know them by
 */
record Snapshot(
        List<Target> all,
        List<Target> leaving,
        List<Target> candidates,
        List<Target> reserve,
        Map<String, Target> bySession) {

    static final Snapshot EMPTY = new Snapshot(List.of(), List.of(), List.of(), List.of(), Map.of());

    /**
     * As of now.
     *
     * @param failOpen whether those that are UNHEALTHY take requests where there are none that are fitter
     */
    static Snapshot of(List<Target> all, List<Target> leaving, boolean failOpen) {
        Map<Target, State> states = new LinkedHashMap<>(); // each is asked once, for it may change meanwhile
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
        return new Snapshot(
                all, leaving, List.copyOf(candidates), List.copyOf(reserve), bySession(leaving, states, candidates));
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
}
