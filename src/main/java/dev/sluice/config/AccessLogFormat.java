package dev.sluice.config;

/** In which form each request is logged, as ACCESS_LOG says. */
public enum AccessLogFormat {
    /** Not at all. */
    OFF,
    /** An object of JSON on a line. */
    JSON,
    /** As the access log of an AWS Application Load Balancer. */
    ALB
}
