package dev.sluice.config;

/** The format of the access log, as configured by ACCESS_LOG. */
public enum AccessLogFormat {
    /** No access log. */
    OFF,
    /** One JSON object per line. */
    JSON,
    /** The format of the access log of an AWS Application Load Balancer. */
    ALB
}
