package dev.sluice.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Parses variables into configuration records, those of target groups by a {@link TargetGroupParser}. A parser is used
 * for one configuration. Not thread-safe.
 */
final class ConfigurationParser {

    private static final String LISTENER_PORT = "LISTENER_PORT";
    private static final String LISTENER_TLS_PORT = "LISTENER_TLS_PORT";
    private static final Function<String, Integer> LISTENED_PORT = ValueSyntax.wholeNumber("a port", 0, 65535);
    private static final Function<String, Integer> UP_TO_A_DAY =
            ValueSyntax.wholeNumber("seconds", 1, ValueSyntax.DAY_SECONDS);
    private static final Function<String, Integer> HEAD_BYTES = ValueSyntax.wholeNumber("bytes", 256, 1024 * 1024);

    private static final String ADMIN_PATH = "ADMIN_PATH";

    private static final String ACCESS_LOG = "ACCESS_LOG";
    private static final Function<String, Integer> IDLE_SECONDS =
            ValueSyntax.wholeNumber("0 for no limit, or seconds", 0, ValueSyntax.YEAR_SECONDS);

    private final Variables variables;
    private final TargetGroupParser targetGroupParser;

    /** The path prefixes of the rules, without a trailing slash, each with its variable. */
    private final Map<String, String> pathPrefixes = new LinkedHashMap<>();

    ConfigurationParser(Variables variables) {
        this.variables = variables;
        this.targetGroupParser = new TargetGroupParser(variables);
    }

    Configuration parse() {
        ListenerConfiguration listener = listener();
        TimeoutConfiguration timeouts = timeouts();
        ForwardedConfiguration forwarded = forwarded();
        ObservationConfiguration observation = observation();
        DnsConfiguration dns = dns();
        String secret = variables.optional("STICKINESS_SECRET", ValueSyntax::secret);
        List<TargetGroupConfiguration> targetGroups = targetGroupParser.parse();
        AdminConfiguration admin = admin();
        List<RuleConfiguration> rules = rules(admin);
        ShutdownConfiguration shutdown = shutdown();
        variables.throwIfWrong();
        return new Configuration(
                listener, timeouts, forwarded, observation, dns, admin, shutdown, secret, targetGroups, rules);
    }

    private TimeoutConfiguration timeouts() {
        return new TimeoutConfiguration(
                Duration.ofMillis(variables.optional(
                        "CONNECTION_TIMEOUT",
                        (int) TimeoutConfiguration.DEFAULT.connection().toMillis(),
                        ValueSyntax.MILLISECONDS)),
                variables.seconds(
                        "STREAM_IDLE_TIMEOUT_SECONDS", TimeoutConfiguration.DEFAULT.streamIdle(), IDLE_SECONDS),
                variables.seconds(
                        "TUNNEL_IDLE_TIMEOUT_SECONDS", TimeoutConfiguration.DEFAULT.tunnelIdle(), IDLE_SECONDS));
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
        String path = variables.optional(ADMIN_PATH, ValueSyntax::adminPath);
        List<Cidr> allowed = variables.list("ADMIN_ALLOW", Cidr::parse);
        String token = variables.optional("ADMIN_TOKEN", ValueSyntax::bearerToken);
        if (!variables.isSet(ADMIN_PATH)) {
            variables.reportWithoutEffect(
                    "is only for what ADMIN_PATH switches on; set that too", "ADMIN_ALLOW", "ADMIN_TOKEN");
        }
        return path == null ? null : new AdminConfiguration(path, allowed, token);
    }

    private ShutdownConfiguration shutdown() {
        return new ShutdownConfiguration(
                variables.seconds(
                        "SHUTDOWN_DELAY_SECONDS", ShutdownConfiguration.DEFAULT.delay(), ValueSyntax.UP_TO_AN_HOUR),
                variables.seconds(
                        "SHUTDOWN_TIMEOUT_SECONDS",
                        ShutdownConfiguration.DEFAULT.timeout(),
                        ValueSyntax.UP_TO_AN_HOUR));
    }

    private ObservationConfiguration observation() {
        AccessLogFormat format = variables.optional(ACCESS_LOG, AccessLogFormat.OFF, ValueSyntax::accessLogFormat);
        Set<String> headers = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        List<String> distinct = variables.list("ACCESS_LOG_HEADERS", ValueSyntax::fieldName).stream()
                .filter(headers::add)
                .toList();
        boolean query = variables.optional("ACCESS_LOG_QUERY", true, ValueSyntax::trueOrFalse);
        if (format == AccessLogFormat.OFF && !variables.isWrong(ACCESS_LOG)) {
            variables.reportWithoutEffect(
                    "is only for an access log; set " + ACCESS_LOG + " too", "ACCESS_LOG_HEADERS", "ACCESS_LOG_QUERY");
        }
        if (format == AccessLogFormat.ALB
                && distinct.stream().anyMatch(name -> !name.equalsIgnoreCase(AccessLogFormat.USER_AGENT))) {
            variables.report("ACCESS_LOG_HEADERS", "ALB has room for User-Agent only; set " + ACCESS_LOG + "=JSON");
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
                ValueSyntax.wholeNumber("0 for any time, or seconds", 0, ValueSyntax.DAY_SECONDS));
        int maxConnections = variables.optional(
                "MAX_CONNECTIONS",
                0,
                ValueSyntax.wholeNumber("0 for any number, or connections", 0, ValueSyntax.MILLION));
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
                variables.optional(file, Path::of);
                variables.reportWithoutEffect(
                        "is only for a listener with TLS; set " + LISTENER_TLS_PORT + " too", file);
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
        Duration minTtl = variables.seconds("DNS_MIN_TTL_SECONDS", DnsConfiguration.DEFAULT.minTtl(), UP_TO_A_DAY);
        Duration maxTtl = variables.seconds("DNS_MAX_TTL_SECONDS", DnsConfiguration.DEFAULT.maxTtl(), UP_TO_A_DAY);
        if (minTtl.compareTo(maxTtl) > 0 && variables.allSourcesRead()) {
            String variable = variables.isSet("DNS_MIN_TTL_SECONDS") ? "DNS_MIN_TTL_SECONDS" : "DNS_MAX_TTL_SECONDS";
            variables.report(
                    variable,
                    "DNS_MIN_TTL_SECONDS, " + minTtl.toSeconds() + ", must not be more than DNS_MAX_TTL_SECONDS, "
                            + maxTtl.toSeconds());
        }
        return new DnsConfiguration(resolvers, minTtl, maxTtl);
    }

    private List<RuleConfiguration> rules(@Nullable AdminConfiguration admin) {
        List<RuleConfiguration> rules = new ArrayList<>();
        for (String prefix : variables.numbered("LISTENER_RULE_")) {
            String pathPrefix = pathPrefix(prefix + "PATH_PREFIX", admin);
            String pathRewrite = variables.optional(prefix + "PATH_REWRITE", "", PathSyntax::parse);
            String targetGroup = targetGroup(prefix + "TARGET_GROUP");
            if (pathPrefix != null && targetGroup != null) {
                rules.add(new RuleConfiguration(pathPrefix, pathRewrite, targetGroup));
            }
        }
        return rules;
    }

    private @Nullable String pathPrefix(String variable, @Nullable AdminConfiguration admin) {
        String path = variables.required(variable, "a path, / for every request", PathSyntax::parsePrefix);
        if (path == null) {
            return null;
        }
        String first = pathPrefixes.putIfAbsent(path, variable);
        if (first != null) {
            variables.report(variable, "the path prefix must be unique, but " + first + " is the same");
        } else if (admin != null && (path + "/").startsWith(admin.path() + "/")) {
            variables.report(variable, "this rule would never match: what is below ADMIN_PATH is never forwarded");
        }
        return path.isEmpty() ? "/" : path;
    }

    private @Nullable String targetGroup(String variable) {
        String name = variables.required(variable, "the name of a target group", Function.identity());
        if (name != null) {
            targetGroupParser.reportIfUnknown(variable, name);
        }
        return name;
    }
}
