package dev.sluice.config;

import java.util.List;

/**
 * The access log and the identifiers of requests. Immutable.
 *
 * @param accessLogHeaders the request header fields to log, if {@link AccessLogFormat#headers the format} lets one
 *     choose; no two names are equal, ignoring case
 * @param accessLogQuery whether the query is logged
 * @param tracing whether a request without valid identifiers of its own gets new ones
 */
public record ObservationConfiguration(
        AccessLogFormat accessLog, List<String> accessLogHeaders, boolean accessLogQuery, boolean tracing) {

    public ObservationConfiguration {
        accessLogHeaders = List.copyOf(accessLogHeaders);
    }
}
