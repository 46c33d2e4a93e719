package dev.sluice.config;

import java.util.List;

/** The format of the access log, as configured by ACCESS_LOG. */
public enum AccessLogFormat {
    /** No access log. */
    OFF,
    /** One JSON object per line. */
    JSON,
    /** The format of the access log of an AWS Application Load Balancer. */
    ALB;

    static final String USER_AGENT = "User-Agent";

    /** The request header fields that a log of this format has, with these configured. ALB has room for one, always. */
    public List<String> headers(List<String> configured) {
        return this == ALB ? List.of(USER_AGENT) : configured;
    }
}
