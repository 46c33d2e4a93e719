package dev.sluice.target;

import dev.sluice.health.Health;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a target is, for people. Immutable.
 *
 * @param since when it became so
 * @param reason what brought it about
 * @param ejectedUntil null unless it is EJECTED
 */
public record TargetState(
        Name name, Instant since, String reason, @Nullable Instant ejectedUntil) {

    /** From the fittest down. */
    public enum Name {
        HEALTHY,
        INITIAL,
        EJECTED,
        UNHEALTHY,
        /** It takes no new requests: DNS or the configuration has it no longer, or an operator has taken it out. */
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
