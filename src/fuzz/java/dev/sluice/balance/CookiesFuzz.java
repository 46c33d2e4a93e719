package dev.sluice.balance;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** Checks that a removed cookie is gone, that the others are unchanged, and that nobody forges a session. */
public final class CookiesFuzz {

    private static final Stickiness STICKINESS = new LoadBalancerCookie(
            "SLUICE", "web", new byte[32], java.time.Duration.ofHours(1), java.time.InstantSource.system());

    private static final List<String> PIECES =
            List.of("SLUICE", "SLUICE=", "=", ";", "; ", " ", "\t", "\"", ",", ".", "a=b", "\\", "-1.", ".zz.");

    private CookiesFuzz() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        StringBuilder fuzzed = new StringBuilder();
        while (data.remainingBytes() > 0 && fuzzed.length() < 300) {
            fuzzed.append(data.consumeInt(0, 6) == 0 ? data.consumeString(8) : data.pickValue(PIECES));
        }
        String field = fuzzed.toString();
        String without = Cookies.without(Set.of("SLUICE"), field);
        List<String> rest = without == null ? List.of() : List.of(without);
        if (!Cookies.values(Collections.enumeration(rest), "SLUICE").isEmpty()) {
            throw new IllegalStateException("still in " + without);
        }
        if (!Objects.requireNonNullElse(without, "").strip().equals(others(field))) {
            throw new IllegalStateException(field + " has become " + without);
        }
        if (STICKINESS.session(Collections.enumeration(List.of(field))).targetId() != null) {
            throw new IllegalStateException("a session of " + field);
        }
        Cookies.valueSet(List.of(field), "a");
    }

    private static String others(String field) {
        return Arrays.stream(field.split(";", -1))
                .filter(pair ->
                        !pair.contains("=") || !pair.split("=", 2)[0].strip().equals("SLUICE"))
                .collect(Collectors.joining(";"))
                .strip();
    }
}
