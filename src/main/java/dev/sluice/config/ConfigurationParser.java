package dev.sluice.config;

import dev.sluice.config.HealthCheckConfiguration.Protocol;
import dev.sluice.config.StickinessConfiguration.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Parses variables into configuration records. A parser is used for one configuration. Not thread-safe. */
final class ConfigurationParser {

    private static final int DAY_MILLIS = 24 * 60 * 60 * 1000;
    private static final int DAY_SECONDS = 24 * 60 * 60;
    private static final int YEAR_SECONDS = 365 * DAY_SECONDS;
    private static final int MILLION = 1_000_000;

    private static final String LISTENER_PORT = "LISTENER_PORT";
    private static final String LISTENER_TLS_PORT = "LISTENER_TLS_PORT";
    private static final Function<String, Integer> LISTENED_PORT = ValueSyntax.wholeNumber("a port", 0, 65535);
    private static final Function<String, Integer> UP_TO_AN_HOUR = ValueSyntax.wholeNumber("seconds", 0, 60 * 60);
    private static final Function<String, Integer> UP_TO_A_DAY = ValueSyntax.wholeNumber("seconds", 1, DAY_SECONDS);
    private static final Function<String, Integer> HEAD_BYTES = ValueSyntax.wholeNumber("bytes", 256, 1024 * 1024);

    private static final String ADMIN_PATH = "ADMIN_PATH";

    private static final int CHECK_MAX_SECONDS = 300;
    private static final int MAX_ATTEMPTS = 10;
    private static final StatusCodes PASSING = StatusCodes.parse("200-399");
    private static final Function<String, Integer> CHECK_SECONDS =
            ValueSyntax.wholeNumber("seconds", 1, CHECK_MAX_SECONDS);
    private static final Function<String, Integer> CHECKS = ValueSyntax.wholeNumber("checks in a row", 1, MAX_ATTEMPTS);

    private static final String ACCESS_LOG = "ACCESS_LOG";
    private static final String FAIL_OPEN = "HEALTH_CHECK_FAIL_OPEN";
    private static final String ALGORITHM = "LOAD_BALANCING_ALGORITHM";
    private static final String QUEUE_TIMEOUT = "QUEUE_TIMEOUT_MILLISECONDS";
    private static final Function<String, Integer> MILLISECONDS =
            ValueSyntax.wholeNumber("milliseconds", 1, DAY_MILLIS);
    private static final Function<String, Integer> IDLE_SECONDS =
            ValueSyntax.wholeNumber("0 for no limit, or seconds", 0, YEAR_SECONDS);
    private static final String COOKIE_DURATION = "STICKINESS_COOKIE_DURATION_SECONDS";
    private static final Function<String, Integer> COOKIE_SECONDS = ValueSyntax.wholeNumber("seconds", 1, YEAR_SECONDS);

    private final Variables variables;

    /** The names of the target groups, each with its variable. */
    private final Map<String, String> groupNames = new LinkedHashMap<>();

    private boolean groupNamesComplete = true;

    /** The path prefixes of the rules, without a trailing slash, each with its variable. */
    private final Map<String, String> pathPrefixes = new LinkedHashMap<>();

    /**
     * How many groups use Sluice's own cookie. Each has its own cookie name, so that a session can have a target in
     * each group.
     */
    private int ownCookies;

    ConfigurationParser(Variables variables) {
        this.variables = variables;
    }

    Configuration parse() {
        ListenerConfiguration listener = listener();
        TimeoutConfiguration timeouts = timeouts();
        ForwardedConfiguration forwarded = forwarded();
        ObservationConfiguration observation = observation();
        DnsConfiguration dns = dns();
        String secret = variables.optional("STICKINESS_SECRET", "", ValueSyntax::secret);
        List<TargetGroupConfiguration> targetGroups = targetGroups();
        List<RuleConfiguration> rules = rules();
        AdminConfiguration admin = admin();
        ShutdownConfiguration shutdown = shutdown();
        variables.throwIfWrong();
        return new Configuration(
                listener,
                timeouts,
                forwarded,
                observation,
                dns,
                admin,
                shutdown,
                secret.isEmpty() ? null : secret,
                targetGroups,
                rules);
    }

    private TimeoutConfiguration timeouts() {
        return new TimeoutConfiguration(
                Duration.ofMillis(variables.optional(
                        "CONNECTION_TIMEOUT",
                        (int) TimeoutConfiguration.DEFAULT.connection().toMillis(),
                        MILLISECONDS)),
                seconds("STREAM_IDLE_TIMEOUT_SECONDS", TimeoutConfiguration.DEFAULT.streamIdle(), IDLE_SECONDS),
                seconds("TUNNEL_IDLE_TIMEOUT_SECONDS", TimeoutConfiguration.DEFAULT.tunnelIdle(), IDLE_SECONDS));
    }

    private ForwardedConfiguration forwarded() {
        return new ForwardedConfiguration(
                variables.list("TRUSTED_PROXIES", Cidr::parse),
                variables.optional("FORWARDED_HEADERS", ForwardedHeaders.X_FORWARDED, ValueSyntax::forwardedHeaders),
                variables.optional("VIA", false, ValueSyntax::trueOrFalse));
    }

    /**
     * Returns null if ADMIN_PATH is not set, or is wrong. Reports the other admin variables if they are set without it.
     */
    private @Nullable AdminConfiguration admin() {
        String path = variables.optional(ADMIN_PATH, "", ValueSyntax::adminPath);
        List<Cidr> allowed = variables.list("ADMIN_ALLOW", Cidr::parse);
        String token = variables.optional("ADMIN_TOKEN", "", ValueSyntax::bearerToken);
        if (!variables.isSet(ADMIN_PATH)) {
            reportWithoutEffect("is only for what ADMIN_PATH switches on; set that too", "ADMIN_ALLOW", "ADMIN_TOKEN");
        }
        if (path.isEmpty()) {
            return null;
        }
        pathPrefixes.forEach((prefix, variable) -> {
            if ((prefix + "/").startsWith(path + "/")) {
                variables.report(variable, "this rule would never match: what is below ADMIN_PATH is never forwarded");
            }
        });
        return new AdminConfiguration(path, allowed, token.isEmpty() ? null : token);
    }

    private ShutdownConfiguration shutdown() {
        return new ShutdownConfiguration(
                seconds("SHUTDOWN_DELAY_SECONDS", ShutdownConfiguration.DEFAULT.delay(), UP_TO_AN_HOUR),
                seconds("SHUTDOWN_TIMEOUT_SECONDS", ShutdownConfiguration.DEFAULT.timeout(), UP_TO_AN_HOUR));
    }

    private Duration seconds(String name, Duration otherwise, Function<String, Integer> parser) {
        return Duration.ofSeconds(variables.optional(name, (int) otherwise.toSeconds(), parser));
    }

    private ObservationConfiguration observation() {
        AccessLogFormat format = variables.optional(ACCESS_LOG, AccessLogFormat.OFF, ValueSyntax::accessLogFormat);
        Set<String> headers = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        List<String> distinct = variables.list("ACCESS_LOG_HEADERS", ValueSyntax::fieldName).stream()
                .filter(headers::add)
                .toList();
        boolean query = variables.optional("ACCESS_LOG_QUERY", true, ValueSyntax::trueOrFalse);
        if (format == AccessLogFormat.OFF && !variables.isWrong(ACCESS_LOG)) {
            reportWithoutEffect(
                    "is only for an access log; set " + ACCESS_LOG + " too", "ACCESS_LOG_HEADERS", "ACCESS_LOG_QUERY");
        }
        return new ObservationConfiguration(
                format, distinct, query, variables.optional("TRACING", false, ValueSyntax::onOrOff));
    }

    private ListenerConfiguration listener() {
        int port = variables.optional(LISTENER_PORT, 8080, LISTENED_PORT);
        InetAddress address = variables.optional("LISTENER_ADDRESS", ValueSyntax::address);
        int headerTimeout = variables.optional(
                "REQUEST_HEADER_TIMEOUT_SECONDS",
                10,
                ValueSyntax.wholeNumber("0 for any time, or seconds", 0, DAY_SECONDS));
        int maxConnections = variables.optional(
                "MAX_CONNECTIONS", 0, ValueSyntax.wholeNumber("0 for any number, or connections", 0, MILLION));
        return new ListenerConfiguration(
                address == null || address.isAnyLocalAddress() ? null : address,
                port,
                listenerTls(port),
                variables.optional("MAX_REQUEST_HEADER_BYTES", 32 * 1024, HEAD_BYTES),
                variables.optional("MAX_REQUEST_URI_BYTES", 16 * 1024, HEAD_BYTES),
                Duration.ofSeconds(headerTimeout),
                maxConnections == 0 ? Integer.MAX_VALUE : maxConnections);
    }

    /** Returns null without a port. Reports a port without its files, and files without a port. */
    private ListenerConfiguration.@Nullable Tls listenerTls(int cleartextPort) {
        int port = variables.optional(LISTENER_TLS_PORT, -1, LISTENED_PORT);
        List<String> files = List.of("LISTENER_TLS_CERTIFICATE_FILE", "LISTENER_TLS_KEY_FILE");
        List<Path> paths = new ArrayList<>();
        for (String file : files) {
            if (variables.isSet(LISTENER_TLS_PORT)) {
                Path path = variables.required(file, "a file in PEM, for " + LISTENER_TLS_PORT + " is set", Path::of);
                if (path != null) {
                    paths.add(path);
                }
            } else {
                variables.optional(file, Path.of(""), Path::of);
                reportWithoutEffect("is only for a listener with TLS; set " + LISTENER_TLS_PORT + " too", file);
            }
        }
        if (port > 0 && port == cleartextPort) {
            variables.report(LISTENER_TLS_PORT, "must differ from " + LISTENER_PORT);
        }
        return port < 0 || paths.size() < files.size()
                ? null
                : new ListenerConfiguration.Tls(port, paths.get(0), paths.get(1));
    }

    private DnsConfiguration dns() {
        List<InetSocketAddress> resolvers = variables.list("DNS_RESOLVERS", TargetSyntax::resolver);
        Duration minTtl = seconds("DNS_MIN_TTL_SECONDS", DnsConfiguration.DEFAULT.minTtl(), UP_TO_A_DAY);
        Duration maxTtl = seconds("DNS_MAX_TTL_SECONDS", DnsConfiguration.DEFAULT.maxTtl(), UP_TO_A_DAY);
        if (minTtl.compareTo(maxTtl) > 0 && variables.complete()) {
            String variable = variables.isSet("DNS_MIN_TTL_SECONDS") ? "DNS_MIN_TTL_SECONDS" : "DNS_MAX_TTL_SECONDS";
            variables.report(
                    variable,
                    "DNS_MIN_TTL_SECONDS, " + minTtl.toSeconds() + ", must not be more than DNS_MAX_TTL_SECONDS, "
                            + maxTtl.toSeconds());
        }
        return new DnsConfiguration(resolvers, minTtl, maxTtl);
    }

    private List<TargetGroupConfiguration> targetGroups() {
        AlgorithmName algorithm = variables.optional(ALGORITHM, AlgorithmName.ROUND_ROBIN, ValueSyntax::algorithm);
        int queueTimeout = variables.optional(QUEUE_TIMEOUT, 5000, MILLISECONDS);
        int cookieDuration = variables.optional(COOKIE_DURATION, DAY_SECONDS, COOKIE_SECONDS);
        boolean failOpen = variables.optional(FAIL_OPEN, false, ValueSyntax::trueOrFalse);
        EjectionConfiguration ejection = ejection("", EjectionConfiguration.DEFAULT);
        RetryConfiguration retry = retry("", RetryConfiguration.DEFAULT);
        ForwardingConfiguration forwarding = forwarding("", ForwardingConfiguration.DEFAULT);
        Duration delay = deregistrationDelay("", Duration.ofSeconds(30));
        List<TargetGroupConfiguration> targetGroups = new ArrayList<>();
        for (String group : variables.numbered("TARGET_GROUP_")) {
            String name = groupName(group + "_NAME");
            List<TargetConfiguration> targets = targets(group + "_TARGETS");
            TransportConfiguration transport = transport(group);
            AlgorithmName itsAlgorithm = variables.optional(group + "_ALGORITHM", algorithm, ValueSyntax::algorithm);
            StickinessConfiguration stickiness = stickiness(group, itsAlgorithm, cookieDuration);
            int slowStart = variables.optional(
                    group + "_SLOW_START_DURATION_SECONDS", 0, ValueSyntax.wholeNumber("seconds", 0, DAY_SECONDS));
            int maxRequests = variables.optional(
                    group + "_MAX_CONCURRENT_REQUESTS_PER_TARGET",
                    0,
                    ValueSyntax.wholeNumber("0 for no limit, or requests", 0, MILLION));
            int queueSize = queueSize(group, maxRequests);
            int itsQueueTimeout = variables.optional(group + "_" + QUEUE_TIMEOUT, queueTimeout, MILLISECONDS);
            HealthCheckConfiguration healthCheck = healthCheck(group + "_", transport);
            boolean itsFailOpen = variables.optional(group + "_" + FAIL_OPEN, failOpen, ValueSyntax::trueOrFalse);
            EjectionConfiguration itsEjection = ejection(group + "_", ejection);
            RetryConfiguration itsRetry = retry(group + "_", retry);
            ForwardingConfiguration itsForwarding = forwarding(group + "_", forwarding);
            Duration itsDelay = deregistrationDelay(group + "_", delay);
            if (name != null && !targets.isEmpty()) {
                targetGroups.add(new TargetGroupConfiguration(
                        name,
                        itsAlgorithm,
                        targets,
                        transport,
                        stickiness,
                        Duration.ofSeconds(slowStart),
                        maxRequests == 0 ? Integer.MAX_VALUE : maxRequests,
                        queueSize,
                        Duration.ofMillis(itsQueueTimeout),
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

    private TransportConfiguration transport(String group) {
        String authoritiesVariable = group + "_TLS_CA_FILE";
        String skipVariable = group + "_TLS_INSECURE_SKIP_VERIFY";
        TransportConfiguration.Protocol protocol = variables.optional(
                group + "_PROTOCOL", TransportConfiguration.Protocol.HTTP, ValueSyntax::targetProtocol);
        TransportConfiguration.Version version = variables.optional(
                group + "_PROTOCOL_VERSION", TransportConfiguration.Version.HTTP1, ValueSyntax::protocolVersion);
        List<X509Certificate> authorities = variables.optional(authoritiesVariable, List.of(), CertificateFile::read);
        boolean skips = variables.optional(skipVariable, false, ValueSyntax::trueOrFalse);
        if (protocol != TransportConfiguration.Protocol.HTTPS && !variables.isWrong(group + "_PROTOCOL")) {
            reportWithoutEffect(
                    "is only for a group with TLS; set " + group + "_PROTOCOL=HTTPS too",
                    authoritiesVariable,
                    skipVariable);
        }
        return new TransportConfiguration(protocol, version, authorities.isEmpty() ? null : authorities, !skips);
    }

    /** Reports a queue without a limit on requests: without a limit no request waits. */
    private int queueSize(String group, int maxRequests) {
        String variable = group + "_QUEUE_SIZE";
        String limit = group + "_MAX_CONCURRENT_REQUESTS_PER_TARGET";
        int queueSize = variables.optional(variable, 0, ValueSyntax.wholeNumber("requests", 0, MILLION));
        if (queueSize > 0 && maxRequests == 0 && !variables.isWrong(limit)) {
            reportWithoutEffect("requests wait only where there is a limit; set " + limit + " too", variable);
        }
        return queueSize;
    }

    /** Returns null if the group has no health checks: they need ENABLED or a path. */
    private @Nullable HealthCheckConfiguration healthCheck(String prefix, TransportConfiguration transport) {
        String check = prefix + "HEALTH_CHECK_";
        String path = variables.optional(check + "PATH", "", ValueSyntax::checkedPath);
        boolean enabled = variables.optional(check + "ENABLED", !path.isEmpty(), ValueSyntax::trueOrFalse);
        HealthCheckConfiguration healthCheck = new HealthCheckConfiguration(
                variables.optional(check + "PROTOCOL", checkProtocol(transport), ValueSyntax::protocol),
                path.isEmpty() ? "/" : path,
                variables.optional(check + "PORT", 0, ValueSyntax.wholeNumber("a port", 1, 65535)),
                Duration.ofSeconds(variables.optional(check + "INTERVAL_SECONDS", 10, CHECK_SECONDS)),
                Duration.ofSeconds(variables.optional(check + "TIMEOUT_SECONDS", 2, CHECK_SECONDS)),
                variables.optional(prefix + "HEALTHY_THRESHOLD_COUNT", 2, CHECKS),
                variables.optional(prefix + "UNHEALTHY_THRESHOLD_COUNT", 2, CHECKS),
                variables.optional(check + "MATCHER", PASSING, StatusCodes::parse));
        if (!enabled && !variables.isSet(check + "ENABLED")) {
            reportWithoutEffect(
                    "is only for a group with health checks; set " + check + "PATH or " + check + "ENABLED too",
                    check + "PROTOCOL",
                    check + "PORT",
                    check + "INTERVAL_SECONDS",
                    check + "TIMEOUT_SECONDS",
                    prefix + "HEALTHY_THRESHOLD_COUNT",
                    prefix + "UNHEALTHY_THRESHOLD_COUNT",
                    check + "MATCHER");
        }
        if (variables.complete()
                && enabled
                && transport.isHttp2()
                && !path.isEmpty()
                && !variables.isSet(check + "PROTOCOL")) {
            variables.report(
                    check + "PATH",
                    "is asked for in HTTP/1.1, which a target of PROTOCOL_VERSION=HTTP2 need not speak; set " + check
                            + "PROTOCOL too");
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
                        ValueSyntax.wholeNumber("0 for never, or failures", 0, MILLION)),
                seconds(
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
                variables.optional(prefix + "RETRY_ON_STATUS", otherwise.onStatus(), StatusCodes::parse));
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
        return seconds(prefix + "DEREGISTRATION_DELAY_SECONDS", otherwise, UP_TO_AN_HOUR);
    }

    private @Nullable StickinessConfiguration stickiness(String group, AlgorithmName algorithm, int duration) {
        String cookieVariable = group + "_STICKINESS_COOKIE_NAME";
        String durationVariable = group + "_" + COOKIE_DURATION;
        String applicationCookie = variables.optional(cookieVariable, "", ValueSyntax::cookieName);
        Duration itsDuration = Duration.ofSeconds(variables.optional(durationVariable, duration, COOKIE_SECONDS));
        if (algorithm != AlgorithmName.STICKY) {
            if (!isAlgorithmWrong(group)) {
                reportWithoutEffect(
                        "is only for a group whose algorithm is STICKY, not " + algorithm,
                        cookieVariable,
                        durationVariable);
            }
            return null;
        }
        if (!applicationCookie.isEmpty()) {
            return new StickinessConfiguration(Kind.APPLICATION_COOKIE, applicationCookie, itsDuration);
        }
        ownCookies++;
        return new StickinessConfiguration(
                Kind.LOAD_BALANCER_COOKIE,
                ownCookies == 1 ? ValueSyntax.OWN_COOKIE : ValueSyntax.OWN_COOKIE + "-" + ownCookies,
                itsDuration);
    }

    /**
     * Reports each of the variables that is set although the feature that it belongs to is off. Reports nothing if a
     * source could not be read, which may switch the feature on.
     */
    private void reportWithoutEffect(String message, String... names) {
        if (!variables.complete()) {
            return;
        }
        for (String name : names) {
            if (variables.isSet(name) && !variables.isWrong(name)) {
                variables.report(name, message);
            }
        }
    }

    private boolean isAlgorithmWrong(String group) {
        return variables.isWrong(group + "_ALGORITHM") || variables.isWrong(ALGORITHM);
    }

    private @Nullable String groupName(String variable) {
        String name = variables.required(variable, "the name that rules know the target group by", Function.identity());
        if (name == null) {
            groupNamesComplete = false;
            return null;
        }
        String first = groupNames.putIfAbsent(name, variable);
        if (first != null) {
            variables.report(variable, "the name must be unique, but " + first + " is the same");
        }
        return name;
    }

    private List<TargetConfiguration> targets(String variable) {
        String value = variables.required(
                variable, "hostname:port[/base-uri] [weight=W], or several with commas", Function.identity());
        if (value == null) {
            return List.of();
        }
        List<TargetConfiguration> targets = new ArrayList<>();
        Set<TargetConfiguration> distinct = new HashSet<>();
        for (String entry : Variables.entries(value)) {
            TargetConfiguration target = variables.parse(variable, entry, TargetSyntax::parse);
            if (target != null) {
                targets.add(target);
                String hostname = target.hostname().toLowerCase(Locale.ROOT);
                if (!distinct.add(new TargetConfiguration(hostname, target.port(), target.basePath(), 0))) {
                    variables.report(variable, "the targets must differ, but " + entry + " is there twice");
                }
            }
        }
        return targets;
    }

    private List<RuleConfiguration> rules() {
        List<RuleConfiguration> rules = new ArrayList<>();
        for (String rule : variables.numbered("LISTENER_RULE_")) {
            String pathPrefix = pathPrefix(rule + "_PATH_PREFIX");
            String pathRewrite = variables.optional(rule + "_PATH_REWRITE", "", PathSyntax::parse);
            String targetGroup = targetGroup(rule + "_TARGET_GROUP");
            if (pathPrefix != null && targetGroup != null) {
                rules.add(new RuleConfiguration(pathPrefix, pathRewrite, targetGroup));
            }
        }
        return rules;
    }

    private @Nullable String pathPrefix(String variable) {
        String path = variables.required(variable, "a path, / for every request", PathSyntax::parse);
        if (path == null) {
            return null;
        }
        String first = pathPrefixes.putIfAbsent(path, variable);
        if (first != null) {
            variables.report(variable, "the path prefix must be unique, but " + first + " is the same");
        }
        return path.isEmpty() ? "/" : path;
    }

    private @Nullable String targetGroup(String variable) {
        String name = variables.required(variable, "the name of a target group", Function.identity());
        // If the name of a group is missing, it may be this one: that is one problem, not two.
        if (name != null && !groupNames.containsKey(name) && groupNamesComplete && variables.complete()) {
            variables.report(
                    variable,
                    "there is no such target group; did you mean " + Spelling.nearest(name, groupNames.keySet())
                            + "? The target groups are: " + String.join(", ", groupNames.keySet()));
        }
        return name;
    }
}
