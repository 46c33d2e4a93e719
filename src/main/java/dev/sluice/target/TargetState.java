package dev.sluice.target;

import dev.sluice.health.Health;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The state of a target, for people. Immutable.
 *
 * @param since when it entered the state
 * @param reason why it entered the state
 * @param ejectedUntil null unless EJECTED
 */
public record TargetState(
        Name name, Instant since, String reason, @Nullable Instant ejectedUntil) {

    /** From the fittest down. */
    public enum Name {
        HEALTHY,
        INITIAL,
        EJECTED,
        UNHEALTHY,
        /** Takes no new requests: it is no longer in DNS or the configuration, or an operator has taken it out. */
        DRAINING
    }

    static TargetState of(Health health) {
        Health.Finding finding = health.finding();
        return new TargetState(
                Name.valueOf(finding.state().name()), finding.since(), finding.reason(), finding.ejectedUntil());
    }

    static TargetState draining(Instant since, String reason) {
        return new TargetState(Name.DRAINING, since, reason, null);
    }
}
