package dev.sluice.launcher;

import dev.sluice.config.AccessLogFormat;
import dev.sluice.config.AdminConfiguration;
import dev.sluice.config.Configuration;
import dev.sluice.config.DnsConfiguration;
import dev.sluice.config.EjectionConfiguration;
import dev.sluice.config.ForwardedConfiguration;
import dev.sluice.config.ForwardingConfiguration;
import dev.sluice.config.HealthCheckConfiguration;
import dev.sluice.config.HealthCheckConfiguration.Protocol;
import dev.sluice.config.ListenerConfiguration;
import dev.sluice.config.ObservationConfiguration;
import dev.sluice.config.RetryConfiguration;
import dev.sluice.config.ShutdownConfiguration;
import dev.sluice.config.StickinessConfiguration;
import dev.sluice.config.StickinessConfiguration.Kind;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.config.TimeoutConfiguration;
import dev.sluice.config.TransportConfiguration;
import dev.sluice.routing.Rule;
import dev.sluice.routing.Rules;
import dev.sluice.target.Endpoint;
import dev.sluice.target.Resolver;
import dev.sluice.target.Resolver.Answer;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Describes a configuration for people: the listener, the rules in the order in which they are tried, and the target
 * groups with the current addresses of their targets.
 */
final class ConfigurationReport {

    private final Configuration configuration;
    private final @Nullable String certificate;
    private final Resolver resolver;

    /**
     * @param certificate a description of the listener's certificate; null if it has none
     * @param resolver finds the targets
     */
    ConfigurationReport(Configuration configuration, @Nullable String certificate, Resolver resolver) {
        this.configuration = configuration;
        this.certificate = certificate;
        this.resolver = resolver;
    }

    /** Resolves every hostname, and so may take a while. */
    String text() {
        return """
                Listener
                %s
                Rules, in the order in which they are tried
                %s
                Target groups
                %s""".formatted(table(listener()), table(rules()), table(targetGroups()));
    }

    private List<List<String>> listener() {
        ListenerConfiguration listener = configuration.listener();
        List<List<String>> rows = new ArrayList<>();
        if (listener.address() != null) {
            rows.add(List.of("address", listener.address().getHostAddress()));
        }
        rows.add(List.of("port", String.valueOf(listener.port())));
        if (listener.tls() != null) {
            rows.add(List.of("port with TLS", String.valueOf(listener.tls().port())));
            rows.add(List.of("certificate", String.valueOf(certificate)));
        }
        rows.add(List.of(
                "request head",
                "up to " + listener.maxHeaderBytes() + " bytes, "
                        + Math.min(listener.maxUriBytes(), listener.maxHeaderBytes()) + " of them for the URI, "
                        + (listener.headerTimeout().isZero()
                                ? "in any time"
                                : "in " + listener.headerTimeout().toSeconds() + " s")));
        if (listener.maxConnections() < Integer.MAX_VALUE) {
            rows.add(List.of("connections", "up to " + listener.maxConnections() + " on each port"));
        }
        rows.addAll(waiting());
        ForwardedConfiguration forwarded = configuration.forwarded();
        if (forwarded.headers() != ForwardedConfiguration.DEFAULT.headers()) {
            rows.add(List.of("forwarded headers", forwarded.headers().name()));
        }
        if (!forwarded.trustedProxies().isEmpty()) {
            rows.add(List.of("trusted proxies", texts(forwarded.trustedProxies())));
        }
        if (forwarded.via()) {
            rows.add(List.of("Via", "added, loops are refused"));
        }
        ObservationConfiguration observation = configuration.observation();
        if (observation.accessLog() != AccessLogFormat.OFF) {
            rows.add(List.of("access log", accessLog(observation)));
        }
        if (observation.tracing()) {
            rows.add(List.of("tracing", "traceparent and X-Request-Id, made where a request has none"));
        }
        AdminConfiguration admin = configuration.admin();
        if (admin != null) {
            rows.add(List.of(
                    "operators",
                    admin.path() + " for " + (admin.allowed().isEmpty() ? "this machine only" : texts(admin.allowed()))
                            + (admin.token() == null ? ", who can change nothing" : ", changes with ADMIN_TOKEN")));
        }
        ShutdownConfiguration shutdown = configuration.shutdown();
        if (!shutdown.equals(ShutdownConfiguration.DEFAULT)) {
            rows.add(List.of(
                    "when told to stop",
                    "goes on for " + shutdown.delay().toSeconds() + " s, then lets requests finish for "
                            + shutdown.timeout().toSeconds() + " s"));
        }
        return rows;
    }

    /** How long others are waited for. */
    private List<List<String>> waiting() {
        TimeoutConfiguration timeouts = configuration.timeouts();
        DnsConfiguration dns = configuration.dns();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                "connection timeout",
                timeouts.connection().toMillis() + " ms"
                        + (timeouts.isConnectionHardlyMeant() ? ", which is VERY SHORT" : "")));
        if (!timeouts.streamIdle().equals(TimeoutConfiguration.DEFAULT.streamIdle())) {
            rows.add(List.of("streams may pause", orForEver(timeouts.streamIdle())));
        }
        if (!timeouts.tunnelIdle().equals(TimeoutConfiguration.DEFAULT.tunnelIdle())) {
            rows.add(List.of("tunnels may pause", orForEver(timeouts.tunnelIdle())));
        }
        if (!dns.equals(DnsConfiguration.DEFAULT)) {
            String times = "answers used for " + dns.minTtl().toSeconds() + " to "
                    + dns.maxTtl().toSeconds() + " s";
            String resolvers = dns.resolvers().stream()
                    .map(its -> TargetConfiguration.authority(its.getHostString(), its.getPort()))
                    .collect(Collectors.joining(", "));
            rows.add(List.of("DNS", resolvers.isEmpty() ? times : times + ", of " + resolvers));
        }
        return rows;
    }

    private static String orForEver(Duration duration) {
        return duration.isZero() ? "for as long as they like" : duration.toSeconds() + " s";
    }

    private static String accessLog(ObservationConfiguration observation) {
        List<String> headers = observation.accessLog().headers(observation.accessLogHeaders());
        return observation.accessLog()
                + (observation.accessLogQuery() ? ", with the query" : ", without the query")
                + (headers.isEmpty() ? "" : ", with " + texts(headers));
    }

    private static String texts(List<?> values) {
        return values.stream().map(Object::toString).collect(Collectors.joining(", "));
    }

    private List<List<String>> rules() {
        return Rules.of(configuration.rules().stream()
                        .map(rule -> Rule.of(rule, rule.targetGroup()))
                        .toList())
                .inMatchingOrder()
                .stream()
                .map(rule -> List.of(rule.pathPrefix(), "to " + rule.targetGroup(), rewrite(rule)))
                .toList();
    }

    private static String rewrite(Rule<String> rule) {
        if (rule.pathRewrite().isEmpty()) {
            return "";
        }
        String fault = rule.rewriteFault();
        return "path rewrite " + rule.pathRewrite() + (fault == null ? "" : " " + fault);
    }

    private List<List<String>> targetGroups() {
        List<CompletableFuture<List<String>>> rows = new ArrayList<>(); // so that all names are looked up at a time
        for (TargetGroupConfiguration group : configuration.targetGroups()) {
            rows.add(CompletableFuture.completedFuture(
                    List.of(group.name(), group.algorithm().name(), String.join(", ", attributes(group)))));
            for (TargetConfiguration target : group.targets()) {
                String kind = target.isService() ? "SRV" : "weight " + target.weight();
                rows.add(resolver.resolve(target)
                        .toCompletableFuture()
                        .thenApply(answer -> List.of("  " + target, kind, places(target, answer))));
            }
        }
        return rows.stream().map(CompletableFuture::join).toList();
    }

    /** The settings of a group that are worth telling, in addition to its algorithm. */
    private List<String> attributes(TargetGroupConfiguration group) {
        List<String> attributes = new ArrayList<>();
        if (configuration.unusedTargetGroups().contains(group.name())) {
            attributes.add("NO RULE forwards to it");
        }
        if (group.targets().stream().allMatch(target -> !target.isService() && target.weight() == 0)) {
            attributes.add("NO TARGET gets new requests, for each has weight 0");
        }
        if (!group.transport().equals(TransportConfiguration.PLAIN)) {
            attributes.add(transport(group.transport()));
        }
        StickinessConfiguration stickiness = group.stickiness();
        if (stickiness != null) {
            attributes.add("cookie " + stickiness.cookieName()
                    + (stickiness.kind() == Kind.APPLICATION_COOKIE ? " of the application" : "") + " for "
                    + stickiness.duration().toSeconds() + " s"
                    + (stickiness.isOwnCookie() && configuration.stickinessSecret() == null
                            ? ", until a restart, for STICKINESS_SECRET is not set"
                            : ""));
        }
        if (group.hasUnusedWeights()) {
            attributes.add("weights are not used");
        }
        if (!group.slowStart().isZero()) {
            attributes.add("slow start of " + group.slowStart().toSeconds() + " s");
        }
        if (group.maxConcurrentRequestsPerTarget() < Integer.MAX_VALUE) {
            attributes.add("at most " + group.maxConcurrentRequestsPerTarget() + " requests at a target");
        }
        if (group.queue().size() > 0) {
            attributes.add(group.queue().size() + " more wait for up to "
                    + group.queue().timeout().toMillis() + " ms");
        }
        HealthCheckConfiguration check = group.healthCheck();
        if (check != null) {
            attributes.add("checked every " + check.interval().toSeconds() + " s by " + check.protocol()
                    + (check.port() == 0 ? "" : " on port " + check.port())
                    + (check.protocol() == Protocol.TCP ? "" : " for " + check.matcher() + " at " + check.path())
                    + (group.failOpen() ? ", all are used if all fail" : ""));
        }
        EjectionConfiguration ejection = group.ejection();
        if (ejection.consecutiveFailures() == 0) {
            attributes.add("never ejected for failures");
        } else if (!ejection.equals(EjectionConfiguration.DEFAULT)) {
            attributes.add("left out for " + ejection.duration().toSeconds() + " s after "
                    + ejection.consecutiveFailures() + " failures in a row"
                    + (ejection.onServerErrors() ? ", 5xx among them" : ""));
        }
        RetryConfiguration retry = group.retry();
        if (retry.attempts() == 1) {
            attributes.add("no retries"
                    + (retry.onStatus().ranges().isEmpty() ? "" : ", so RETRY_ON_STATUS only counts failures"));
        } else if (!retry.equals(RetryConfiguration.DEFAULT)) {
            attributes.add(retry.attempts() + " targets tried at most, " + retry.budgetPercent() + " % retries"
                    + (retry.onStatus().ranges().isEmpty() ? "" : ", also after " + retry.onStatus()));
        }
        ForwardingConfiguration forwarding = group.forwarding();
        if (forwarding.preserveHostHeader()) {
            attributes.add("the client's Host");
        }
        if (forwarding.locationRewrite()) {
            attributes.add("Location rewritten");
        }
        if (forwarding.maxRequestBodyBytes() < Long.MAX_VALUE) {
            attributes.add("request bodies of " + forwarding.maxRequestBodyBytes() + " bytes at most");
        }
        if (!group.deregistrationDelay().equals(TargetGroupConfiguration.DEREGISTRATION_DELAY)) {
            attributes.add(
                    "a target that leaves has " + group.deregistrationDelay().toSeconds() + " s to finish");
        }
        return attributes;
    }

    private static String transport(TransportConfiguration transport) {
        String version = transport.isHttp2() ? "HTTP/2" : "HTTP/1.1";
        if (!transport.isTls()) {
            return version + " without TLS";
        }
        if (!transport.verified()) {
            return version + " over TLS whose certificates are NOT VERIFIED";
        }
        return version + " over TLS, trusted by " + trusted(transport.authorities());
    }

    private static String trusted(@Nullable List<X509Certificate> authorities) {
        if (authorities == null) {
            return "what the JVM trusts";
        }
        String certificates =
                authorities.size() == 1 ? "the certificate" : "the " + authorities.size() + " certificates";
        return certificates + " of TLS_CA_FILE";
    }

    private String places(TargetConfiguration target, Answer answer) {
        if (answer.endpoints().isEmpty()) {
            return "does not resolve" + (answer.problem() == null ? "" : ": " + answer.problem());
        }
        return answer.endpoints().stream()
                .map(endpoint -> place(target, endpoint))
                .collect(Collectors.joining(", "));
    }

    private String place(TargetConfiguration target, Endpoint endpoint) {
        String place = target.isService()
                ? endpoint + " weight " + endpoint.weight() + " priority " + endpoint.priority()
                : endpoint.address().getHostAddress();
        return OwnPorts.isOwn(configuration.listener(), endpoint.address(), endpoint.port())
                ? place + ", which is the OWN PORT of `java -jar`"
                : place;
    }

    /** The rows, indented, each column as wide as its widest cell. */
    private static String table(List<List<String>> rows) {
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                line.append("  ")
                        .append(row.get(column))
                        .append(" ".repeat(width(rows, column) - row.get(column).length()));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private static int width(List<List<String>> rows, int column) {
        return rows.stream()
                .filter(row -> column < row.size())
                .mapToInt(row -> row.get(column).length())
                .max()
                .orElse(0);
    }
}
