package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.observe.Identifiers;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The identifiers of a request that its target gets: the trace context and X-Request-Id. */
class TracingTest {

    private static final String TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    private static List<String> atTarget(ProxyInJetty proxy, String field) {
        return ProxyInJetty.values(proxy.requests().get(0), field);
    }

    @Test
    void withoutItEverythingStaysAsItIs() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty()) {
            assertThat(proxy.atTarget("traceparent", "traceparent: nonsense", "tracestate: a=1", "X-Request-Id: {x}"))
                    .containsExactly("nonsense");
            assertThat(atTarget(proxy, "tracestate")).containsExactly("a=1");
            assertThat(atTarget(proxy, "X-Request-Id")).containsExactly("{x}");
            assertThat(proxy.atTarget("traceparent")).isEmpty();
            assertThat(atTarget(proxy, "X-Request-Id")).isEmpty();
        }
    }

    @Test
    void whatIsSoundStaysAsItIs() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("TRACING", "on")) {
            assertThat(proxy.atTarget(
                            "traceparent",
                            "Traceparent: " + TRACEPARENT,
                            "tracestate: a=1",
                            "tracestate: b=2",
                            "X-Request-Id: mine"))
                    .containsExactly(TRACEPARENT);
            assertThat(atTarget(proxy, "tracestate")).containsExactly("a=1", "b=2");
            assertThat(atTarget(proxy, "X-Request-Id")).containsExactly("mine");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"missing", "malformed", "repeated"})
    void whatIsNotIsMade(String how) throws Exception {
        String[] fields = switch (how) {
            case "malformed" -> new String[] {"traceparent: 00-0-0-0", "X-Request-Id: a b"};
            case "repeated" ->
                new String[] {
                    "traceparent: " + TRACEPARENT, "traceparent: " + TRACEPARENT, "X-Request-Id: a", "X-Request-Id: a"
                };
            default -> new String[] {"tracestate: a=1"};
        };
        try (ProxyInJetty proxy = new ProxyInJetty("TRACING", "on", "ACCESS_LOG", "json")) {
            assertThat(proxy.atTarget("traceparent", fields))
                    .singleElement()
                    .isNotEqualTo(TRACEPARENT)
                    .matches(Identifiers::isTraceparent);
            assertThat(atTarget(proxy, "X-Request-Id"))
                    .singleElement()
                    .asString()
                    .matches("[0-9a-f]{32}");
            assertThat(atTarget(proxy, "tracestate")).isEmpty();
            assertThat(proxy.transactions()).singleElement().satisfies(record -> {
                assertThat(atTarget(proxy, "traceparent")).containsExactly(record.traceparent());
                assertThat(atTarget(proxy, "X-Request-Id")).containsExactly(record.requestId());
            });
        }
    }
}
