package dev.sluice.config;

import dev.sluice.config.HealthCheckConfiguration.Protocol;
import dev.sluice.config.StickinessConfiguration.Kind;
import java.net.InetAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Parses the variables of the target groups: those of each group, which begin with its prefix, such as TARGET_GROUP_1_,
 * and those without it, which are the defaults of all groups. A parser is used for one configuration. Not thread-safe.
 */
final class TargetGroupParser {

    private static final String PREFIX = "TARGET_GROUP_";
    private static final String ALGORITHM = "LOAD_BALANCING_ALGORITHM";
    private static final String QUEUE_TIMEOUT = "QUEUE_TIMEOUT_MILLISECONDS";
    private static final String COOKIE_DURATION = "STICKINESS_COOKIE_DURATION_SECONDS";
    private static final String FAIL_OPEN = "HEALTH_CHECK_FAIL_OPEN";

    private static final int CHECK_MAX_SECONDS = 300;
    private static final int MAX_ATTEMPTS = 10;
    private static final StatusCodes PASSING = StatusCodes.parse("200-399");
    private static final Function<String, Integer> CHECK_SECONDS =
            ValueSyntax.wholeNumber("seconds", 1, CHECK_MAX_SECONDS);
    private static final Function<String, Integer> CHECKS = ValueSyntax.wholeNumber("checks in a row", 1, MAX_ATTEMPTS);
    private static final Function<String, Integer> COOKIE_SECONDS =
            ValueSyntax.wholeNumber("seconds", 1, ValueSyntax.YEAR_SECONDS);

    private final Variables variables;

    /** The names of the target groups, each with its variable. */
    private final Map<String, String> names = new LinkedHashMap<>();

    private boolean namesComplete = true;

    TargetGroupParser(Variables variables) {
        this.variables = variables;
    }

    /** The target groups in the order of their numbers, without those whose name or targets are missing. */
    List<TargetGroupConfiguration> parse() {
        AlgorithmName algorithm = variables.optional(ALGORITHM, AlgorithmName.ROUND_ROBIN, ValueSyntax::algorithm);
        int queueTimeout = variables.optional(QUEUE_TIMEOUT, 5000, ValueSyntax.MILLISECONDS);
        int cookieDuration = variables.optional(COOKIE_DURATION, ValueSyntax.DAY_SECONDS, COOKIE_SECONDS);
        boolean failOpen = variables.optional(FAIL_OPEN, false, ValueSyntax::trueOrFalse);
        EjectionConfiguration ejection = ejection("", EjectionConfiguration.DEFAULT);
        RetryConfiguration retry = retry("", RetryConfiguration.DEFAULT);
        ForwardingConfiguration forwarding = forwarding("", ForwardingConfiguration.DEFAULT);
        Duration delay = deregistrationDelay("", TargetGroupConfiguration.DEREGISTRATION_DELAY);
        List<TargetGroupConfiguration> targetGroups = new ArrayList<>();
        for (String prefix : variables.numbered(PREFIX)) {
            String name = name(prefix);
            List<TargetConfiguration> targets = targets(prefix);
            TransportConfiguration transport = transport(prefix);
            AlgorithmName itsAlgorithm = variables.optional(prefix + "ALGORITHM", algorithm, ValueSyntax::algorithm);
            StickinessConfiguration stickiness = stickiness(prefix, itsAlgorithm, cookieDuration);
            int slowStart = variables.optional(
                    prefix + "SLOW_START_DURATION_SECONDS",
                    0,
                    ValueSyntax.wholeNumber("seconds", 0, ValueSyntax.DAY_SECONDS));
            int maxRequests = variables.optional(
                    prefix + "MAX_CONCURRENT_REQUESTS_PER_TARGET",
                    0,
                    ValueSyntax.wholeNumber("0 for no limit, or requests", 0, ValueSyntax.MILLION));
            int itsQueueTimeout = variables.optional(prefix + QUEUE_TIMEOUT, queueTimeout, ValueSyntax.MILLISECONDS);
            QueueConfiguration queue =
                    new QueueConfiguration(queueSize(prefix, maxRequests), Duration.ofMillis(itsQueueTimeout));
            boolean itsFailOpen = variables.optional(prefix + FAIL_OPEN, failOpen, ValueSyntax::trueOrFalse);
            HealthCheckConfiguration healthCheck = healthCheck(prefix, transport);
            EjectionConfiguration itsEjection = ejection(prefix, ejection);
            RetryConfiguration itsRetry = retry(prefix, retry);
            ForwardingConfiguration itsForwarding = forwarding(prefix, forwarding);
            Duration itsDelay = deregistrationDelay(prefix, delay);
            if (name != null && !targets.isEmpty()) {
                targetGroups.add(new TargetGroupConfiguration(
                        name,
                        itsAlgorithm,
                        targets,
                        transport,
                        stickiness,
                        Duration.ofSeconds(slowStart),
                        maxRequests == 0 ? Integer.MAX_VALUE : maxRequests,
                        queue,
                        healthCheck,
                        itsFailOpen,
                        itsEjection,
                        itsRetry,
                        itsForwarding,
                        itsDelay));
            }
        }
        return targetGroups;
    }

    /** Reports a variable that names a target group which does not exist. Called once the groups have been parsed. */
    void reportIfUnknown(String variable, String name) {
        // If the name of a group is missing, it may be this one: that is one problem, not two.
        if (!names.containsKey(name) && namesComplete && variables.allSourcesRead()) {
            variables.report(
                    variable,
                    "there is no such target group" + hint(name) + " The target groups are: "
                            + String.join(", ", names.keySet()));
        }
    }

    /** What may have been meant by the name of a target group that does not exist. */
    private String hint(String name) {
        if (name.indexOf(',') >= 0) {
            return "; a rule has one target group.";
        }
        String nearest = Spelling.nearest(name, names.keySet());
        boolean isMeant = Spelling.distance(name, nearest) <= name.length() / 2;
        return isMeant ? "; did you mean " + nearest + "?" : ".";
    }

    private TransportConfiguration transport(String prefix) {
        String authoritiesVariable = prefix + "TLS_CA_FILE";
        String skipVariable = prefix + "TLS_INSECURE_SKIP_VERIFY";
        TransportConfiguration.Protocol protocol = variables.optional(
                prefix + "PROTOCOL", TransportConfiguration.Protocol.HTTP, ValueSyntax::targetProtocol);
        TransportConfiguration.Version version = variables.optional(
                prefix + "PROTOCOL_VERSION", TransportConfiguration.Version.HTTP1, ValueSyntax::protocolVersion);
        List<X509Certificate> authorities = variables.optional(authoritiesVariable, CertificateFile::read);
        boolean skips = variables.optional(skipVariable, false, ValueSyntax::trueOrFalse);
        if (protocol != TransportConfiguration.Protocol.HTTPS && !variables.isWrong(prefix + "PROTOCOL")) {
            variables.reportWithoutEffect(
                    "is only for a group with TLS; set " + prefix + "PROTOCOL=HTTPS too",
                    authoritiesVariable,
                    skipVariable);
        }
        return new TransportConfiguration(protocol, version, authorities, !skips);
    }

    /** Reports a queue without a limit on requests, and a time-out without a queue: no request would wait. */
    private int queueSize(String prefix, int maxRequests) {
        String variable = prefix + "QUEUE_SIZE";
        String limit = prefix + "MAX_CONCURRENT_REQUESTS_PER_TARGET";
        int queueSize = variables.optional(variable, 0, ValueSyntax.wholeNumber("requests", 0, ValueSyntax.MILLION));
        if (queueSize > 0 && maxRequests == 0 && !variables.isWrong(limit)) {
            variables.reportWithoutEffect("requests wait only where there is a limit; set " + limit + " too", variable);
        }
        if (!variables.isSet(variable)) {
            variables.reportWithoutEffect(
                    "requests wait only where there is a queue; set " + variable + " too", prefix + QUEUE_TIMEOUT);
        }
        return queueSize;
    }

    /** Returns null if the group has no health checks: they need ENABLED or a path. */
    private @Nullable HealthCheckConfiguration healthCheck(String prefix, TransportConfiguration transport) {
        String check = prefix + "HEALTH_CHECK_";
        String path = variables.optional(check + "PATH", ValueSyntax::checkedPath);
        boolean enabled = variables.optional(check + "ENABLED", path != null, ValueSyntax::trueOrFalse);
        HealthCheckConfiguration healthCheck = new HealthCheckConfiguration(
                variables.optional(check + "PROTOCOL", checkProtocol(transport), ValueSyntax::protocol),
                path == null ? "/" : path,
                variables.optional(check + "PORT", 0, ValueSyntax.wholeNumber("a port", 1, 65535)),
                Duration.ofSeconds(variables.optional(check + "INTERVAL_SECONDS", 10, CHECK_SECONDS)),
                Duration.ofSeconds(variables.optional(check + "TIMEOUT_SECONDS", 2, CHECK_SECONDS)),
                variables.optional(prefix + "HEALTHY_THRESHOLD_COUNT", 2, CHECKS),
                variables.optional(prefix + "UNHEALTHY_THRESHOLD_COUNT", 2, CHECKS),
                variables.optional(check + "MATCHER", PASSING, StatusCodes::parse));
        if (!enabled && !variables.isSet(check + "ENABLED")) {
            variables.reportWithoutEffect(
                    "is only for a group with health checks; set " + check + "PATH or " + check + "ENABLED too",
                    check + "PROTOCOL",
                    check + "PORT",
                    check + "INTERVAL_SECONDS",
                    check + "TIMEOUT_SECONDS",
                    prefix + "HEALTHY_THRESHOLD_COUNT",
                    prefix + "UNHEALTHY_THRESHOLD_COUNT",
                    check + "MATCHER",
                    prefix + FAIL_OPEN);
        }
        if (enabled && healthCheck.protocol() == Protocol.TCP) {
            String why = variables.isSet(check + "PROTOCOL")
                    ? "is only for checks by HTTP or HTTPS, not TCP"
                    : "is for checks in HTTP/1.1, which a target of PROTOCOL_VERSION=HTTP2 need not speak; set " + check
                            + "PROTOCOL too";
            variables.reportWithoutEffect(why, check + "PATH", check + "MATCHER");
        }
        return enabled ? healthCheck : null;
    }

    /** The default: the protocol of the requests, but TCP for HTTP/2, which checks do not support. */
    private static Protocol checkProtocol(TransportConfiguration transport) {
        if (transport.isHttp2()) {
            return Protocol.TCP;
        }
        return transport.isTls() ? Protocol.HTTPS : Protocol.HTTP;
    }

    private EjectionConfiguration ejection(String prefix, EjectionConfiguration otherwise) {
        return new EjectionConfiguration(
                variables.optional(
                        prefix + "EJECTION_CONSECUTIVE_FAILURES",
                        otherwise.consecutiveFailures(),
                        ValueSyntax.wholeNumber("0 for never, or failures", 0, ValueSyntax.MILLION)),
                variables.seconds(
                        prefix + "EJECTION_DURATION_SECONDS",
                        otherwise.duration(),
                        ValueSyntax.wholeNumber("seconds", 1, CHECK_MAX_SECONDS)),
                variables.optional(
                        prefix + "EJECTION_ON_SERVER_ERRORS", otherwise.onServerErrors(), ValueSyntax::trueOrFalse));
    }

    private RetryConfiguration retry(String prefix, RetryConfiguration otherwise) {
        return new RetryConfiguration(
                variables.optional(
                        prefix + "RETRY_ATTEMPTS",
                        otherwise.attempts(),
                        ValueSyntax.wholeNumber("targets to try at most", 1, MAX_ATTEMPTS)),
                variables.optional(
                        prefix + "RETRY_BUDGET_PERCENT",
                        otherwise.budgetPercent(),
                        ValueSyntax.wholeNumber("percent", 0, 100)),
                variables.optional(prefix + "RETRY_ON_STATUS", otherwise.onStatus(), StatusCodes::parseOrNone));
    }

    private ForwardingConfiguration forwarding(String prefix, ForwardingConfiguration otherwise) {
        return new ForwardingConfiguration(
                variables.optional(
                        prefix + "PRESERVE_HOST_HEADER", otherwise.preserveHostHeader(), ValueSyntax::trueOrFalse),
                variables.optional(prefix + "LOCATION_REWRITE", otherwise.locationRewrite(), ValueSyntax::trueOrFalse),
                variables.optional(
                        prefix + "MAX_REQUEST_BODY_BYTES",
                        otherwise.maxRequestBodyBytes(),
                        ValueSyntax::bytesOrNoLimit));
    }

    private Duration deregistrationDelay(String prefix, Duration otherwise) {
        return variables.seconds(prefix + "DEREGISTRATION_DELAY_SECONDS", otherwise, ValueSyntax.UP_TO_AN_HOUR);
    }

    private @Nullable StickinessConfiguration stickiness(String prefix, AlgorithmName algorithm, int duration) {
        String cookieVariable = prefix + "STICKINESS_COOKIE_NAME";
        String durationVariable = prefix + COOKIE_DURATION;
        String applicationCookie = variables.optional(cookieVariable, ValueSyntax::cookieName);
        Duration itsDuration = Duration.ofSeconds(variables.optional(durationVariable, duration, COOKIE_SECONDS));
        if (algorithm != AlgorithmName.STICKY) {
            if (!isAlgorithmWrong(prefix)) {
                variables.reportWithoutEffect(
                        "is only for a group whose algorithm is STICKY, not " + algorithm,
                        cookieVariable,
                        durationVariable);
            }
            return null;
        }
        if (applicationCookie != null) {
            return new StickinessConfiguration(Kind.APPLICATION_COOKIE, applicationCookie, itsDuration);
        }
        return new StickinessConfiguration(Kind.LOAD_BALANCER_COOKIE, ownCookie(prefix), itsDuration);
    }

    /**
     * The name of Sluice's own cookie for a group. Each has another, so that a session can have a target in each group;
     * none depends on which other groups there are, so that sessions go on whatever becomes of these.
     */
    private static String ownCookie(String prefix) {
        String number = prefix.substring(PREFIX.length(), prefix.length() - 1);
        return number.equals("1") ? ValueSyntax.OWN_COOKIE : ValueSyntax.OWN_COOKIE + "-" + number;
    }

    private boolean isAlgorithmWrong(String prefix) {
        return variables.isWrong(prefix + "ALGORITHM") || variables.isWrong(ALGORITHM);
    }

    private @Nullable String name(String prefix) {
        String variable = prefix + "NAME";
        String name = variables.required(
                variable, "the name that rules know the target group by", ValueSyntax::targetGroupName);
        if (name == null) {
            namesComplete = false;
            return null;
        }
        String first = names.putIfAbsent(name, variable);
        if (first != null) {
            variables.report(variable, "the name must be unique, but " + first + " is the same");
        }
        return name;
    }

    private List<TargetConfiguration> targets(String prefix) {
        String variable = prefix + "TARGETS";
        String value = variables.required(
                variable, "hostname:port[/base-uri] [weight=W], or several with commas", Function.identity());
        if (value == null) {
            return List.of();
        }
        List<TargetConfiguration> targets = new ArrayList<>();
        Set<TargetConfiguration> distinct = new HashSet<>();
        for (String entry : variables.entries(variable, value)) {
            TargetConfiguration target = variables.parse(variable, entry, TargetSyntax::parse);
            if (target != null) {
                targets.add(target);
                InetAddress ipv6 = IpAddress.ipv6(target.hostname());
                String hostname = ipv6 == null
                        ? TargetConfiguration.spoken(target.hostname()).toLowerCase(Locale.ROOT)
                        : ipv6.getHostAddress(); // which can be spelt in more than one way
                if (!distinct.add(new TargetConfiguration(hostname, target.port(), target.basePath(), 0))) {
                    variables.report(variable, entry, "the targets must differ, but this one is there twice");
                }
            }
        }
        return targets;
    }
}
