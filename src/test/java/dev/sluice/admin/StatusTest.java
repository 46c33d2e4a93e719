package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.balance.Algorithms;
import dev.sluice.config.AdminConfiguration;
import dev.sluice.config.AlgorithmName;
import dev.sluice.config.Configuration;
import dev.sluice.config.ConfigurationSources;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.config.TargetGroupConfiguration;
import dev.sluice.dns.DnsResolver;
import dev.sluice.observe.Metrics;
import dev.sluice.observe.Reloads;
import dev.sluice.routing.Rule;
import dev.sluice.routing.Rules;
import dev.sluice.target.ConnectionCount;
import dev.sluice.target.Resolver;
import dev.sluice.target.Resolver.Answer;
import dev.sluice.target.TakenOut;
import dev.sluice.target.TargetGroup;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the JSON and the page show of a reload; the contract suite covers the rest. */
class StatusTest {

    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    private static final Configuration CONFIGURATION = new ConfigurationSources(
                    Map.of(
                            "TARGET_GROUP_1_NAME", "web",
                            "TARGET_GROUP_1_TARGETS", "127.0.0.1:1",
                            "TARGET_GROUP_2_NAME", "former",
                            "TARGET_GROUP_2_TARGETS", "127.0.0.1:2",
                            "LISTENER_RULE_1_PATH_PREFIX", "/",
                            "LISTENER_RULE_1_TARGET_GROUP", "web"),
                    Map.of())
            .read();

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Lifetime lifetime = new Lifetime();
    private final Reloads reloads = new Reloads(() -> NOW);
    private final TargetGroup web = group(0);
    private final List<TargetGroup> leaving = new ArrayList<>();
    private final Rules<TargetGroup> rules = Rules.of(List.of(new Rule<>("/", "", web)));
    private final StatusSource source = source(web);
    private final StatusJson json = new StatusJson(source, "/admin");
    private final StatusPage page = new StatusPage(source);

    private TargetGroup group(int index) {
        return group(CONFIGURATION.targetGroups().get(index));
    }

    private TargetGroup group(TargetGroupConfiguration configuration) {
        return group(configuration, configured -> new CompletableFuture<>());
    }

    private TargetGroup group(TargetGroupConfiguration configuration, Resolver resolver) {
        return new TargetGroup(
                configuration,
                Algorithms.create(configuration.algorithm()),
                null,
                null,
                resolver,
                new TakenOut(),
                target -> {},
                timer);
    }

    @AfterEach
    void end() {
        timer.shutdownNow();
    }

    @Test
    void aConfigurationThatWasRefusedIsThereUntilOneIsTaken() {
        assertThat(json.answer().body())
                .contains("\"configuration\":{\"inUseSince\":\"2026-01-02T03:04:05Z\",\"refused\":null}");
        assertThat(page.main()).doesNotContain("refused");
        reloads.failed(List.of("VIA=<b>: must be true or false"));
        assertThat(json.answer().body())
                .contains(
                        "\"refused\":{\"at\":\"2026-01-02T03:04:05Z\",\"problems\":[\"VIA=<b>: must be true or false\"]}");
        assertThat(page.main()).contains("was refused", "<li>VIA=&lt;b&gt;: must be true or false</li>");
        reloads.succeeded(false);
        assertThat(json.answer().body()).contains("\"refused\":null");
        assertThat(page.main()).doesNotContain("refused");
    }

    /** An Error, as where memory is short, used to end the samples and updates for good. */
    @Test
    void whatFailsInOneSecondDoesNotEndTheNext() {
        AtomicInteger seconds = new AtomicInteger();
        Admin admin = new Admin(
                new AdminConfiguration("/admin", List.of(), null),
                lifetime,
                reloads,
                new Metrics(),
                target -> ConnectionCount.NONE,
                rules,
                List.of(web),
                () -> {
                    seconds.incrementAndGet();
                    throw new StackOverflowError("for a test");
                },
                timer);
        admin.sample();
        admin.sample();
        assertThat(seconds).hasValue(2);
    }

    @Test
    void aNameThatDoesNotResolveIsThere() {
        assertThat(json.answer().body()).contains("\"nameProblems\":[]");
        Answer nothing = new Answer(List.of(), endpoint -> true, "A: <SERVFAIL>", null);
        TargetGroup group = group(
                TargetGroupConfiguration.plain(
                        "web", AlgorithmName.ROUND_ROBIN, List.of(new TargetConfiguration("a.test", 80, "", 1))),
                configured -> CompletableFuture.completedFuture(nothing));
        group.start().join();
        assertThat(new StatusJson(source(group), "/admin").answer().body())
                .contains("\"nameProblems\":[{\"name\":\"a.test:80\",\"inPart\":false,\"problem\":\"A: <SERVFAIL>\"}]");
        assertThat(pageOf(group)).contains("<p class=\"trouble\">a.test:80 does not resolve: A: &lt;SERVFAIL&gt;</p>");
    }

    @Test
    void aGroupThatIsNotConfiguredAnyMoreIsThereForAsLongAsItDrains() {
        assertThat(json.answer().body()).contains("\"leavingTargetGroups\":[]");
        assertThat(page.main()).doesNotContain("former");
        leaving.add(group(1));
        assertThat(json.answer().body()).contains("\"leavingTargetGroups\":[{\"name\":\"former\"");
        assertThat(page.main())
                .contains(">former</h2>", "It is not configured any more")
                .contains("No target is available in <a href=\"#group-1\">web</a>.</p>");
    }

    @Test
    void targetsThatHaveLeftAreMissingFromNoCount() throws Exception {
        TargetGroupConfiguration fewer = web.configuration();
        TargetGroupConfiguration more = Configuration.load(
                        Map.of(
                                "TARGET_GROUP_1_NAME", "web",
                                "TARGET_GROUP_1_TARGETS", "127.0.0.1:1,127.0.0.1:2",
                                "LISTENER_RULE_1_PATH_PREFIX", "/",
                                "LISTENER_RULE_1_TARGET_GROUP", "web"),
                        Map.of())
                .targetGroups()
                .get(0);
        try (DnsResolver resolver = new DnsResolver(CONFIGURATION.dns(), Runnable::run, timer)) {
            TargetGroup before = group(more, resolver);
            before.start().get();
            assertThat(pageOf(before)).contains("<dt>Healthy targets</dt><dd>2 of 2</dd>");
            TargetGroup after = before.succeededBy(fewer, null, null, resolver);
            after.start().get();
            timer.submit(after::takeOver).get();
            assertThat(pageOf(after)).contains("127.0.0.1:2", "DRAINING", "<dt>Healthy targets</dt><dd>1 of 1</dd>");
        }
    }

    private String pageOf(TargetGroup group) {
        return new StatusPage(source(group)).main();
    }

    private StatusSource source(TargetGroup group) {
        return new StatusSource(lifetime, reloads, rules, List.of(group), () -> leaving);
    }

    @Test
    void aGroupThatNoRuleForwardsToDoesNotCountForReadiness() {
        StatusPage unused =
                new StatusPage(new StatusSource(lifetime, reloads, Rules.of(List.of()), List.of(web), () -> leaving));
        assertThat(unused.main())
                .contains(">READY<")
                .doesNotContain("NOT READY", "No target is available in")
                .contains(">web</h2>");
        assertThat(page.main()).contains("NOT READY");
    }
}
