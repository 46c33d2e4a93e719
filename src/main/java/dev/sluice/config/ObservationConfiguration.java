package dev.sluice.config;

import java.util.List;

/**
 * What is kept of requests for people to see. Immutable.
 *
 * @param accessLogHeaders which of a request's header fields the access log has, no two of them alike
 * @param accessLogQuery whether it has the query
 * @param tracing whether a request that has no identifiers of its own gets some
 */
public record ObservationConfiguration(
        AccessLogFormat accessLog, List<String> accessLogHeaders, boolean accessLogQuery, boolean tracing) {

    public ObservationConfiguration {
        accessLogHeaders = List.copyOf(accessLogHeaders);
    }
}
