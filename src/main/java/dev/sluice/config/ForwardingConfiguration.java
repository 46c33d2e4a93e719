package dev.sluice.config;

/**
 * How a group's requests and their answers are passed on. Immutable.
 *
 * @param preserveHostHeader whether a target gets the Host that the client has sent, rather than its own
 * @param locationRewrite whether a target's own address in Location and Content-Location becomes that which the client used
 * @param maxRequestBodyBytes {@link Long#MAX_VALUE} for no limit
 */
public record ForwardingConfiguration(boolean preserveHostHeader, boolean locationRewrite, long maxRequestBodyBytes) {

    /** Unless it is configured otherwise. */
    public static final ForwardingConfiguration DEFAULT = new ForwardingConfiguration(false, false, Long.MAX_VALUE);
}
