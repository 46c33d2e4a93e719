package dev.sluice.config;

/**
 * How the requests and responses of a group are forwarded. Immutable.
 *
 * @param preserveHostHeader whether a target gets the client's Host field rather than its own authority
 * @param locationRewrite whether a target's own address in Location and Content-Location is replaced by the one that
 *     the client used
 * @param maxRequestBodyBytes {@link Long#MAX_VALUE} for no limit
 */
public record ForwardingConfiguration(boolean preserveHostHeader, boolean locationRewrite, long maxRequestBodyBytes) {

    public static final ForwardingConfiguration DEFAULT = new ForwardingConfiguration(false, false, Long.MAX_VALUE);
}
