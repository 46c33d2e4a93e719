package dev.sluice.routing;

import static java.util.Comparator.comparing;
import static java.util.Comparator.reverseOrder;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a listener. Immutable and thread-safe.
 *
 * <p>A match looks up only those prefixes of the path that are as long as some rule's prefix, so its cost grows with
 * the path, not with the number of rules.
 */
public final class Rules<T> {

    private final List<Rule<T>> inMatchingOrder;
    private final Map<String, Rule<T>> byStem;
    private final int[] stemLengths;

    private Rules(List<Rule<T>> rules) {
        inMatchingOrder = rules.stream()
                .sorted(comparing((Rule<T> rule) -> rule.stem().length(), reverseOrder()))
                .toList();
        byStem = new HashMap<>();
        for (Rule<T> rule : rules) {
            if (byStem.put(rule.stem(), rule) != null) {
                throw new IllegalArgumentException("two rules for " + rule.pathPrefix());
            }
        }
        stemLengths = inMatchingOrder.stream()
                .mapToInt(rule -> rule.stem().length())
                .distinct()
                .toArray();
    }

    /**
     * Rules in any order.
     *
     * @throws IllegalArgumentException if two rules have the same path prefix
     */
    public static <T> Rules<T> of(List<Rule<T>> rules) {
        return new Rules<>(rules);
    }

    /**
     * The rule with the longest path prefix that the path is below, compared byte for byte in whole segments.
     *
     * @return null if there is none
     * @throws AmbiguousPathException if the path does not begin with a slash; has a malformed percent escape (RFC 3986
     *     section 2.1), a control character, a space or {@code #}; or has a dot segment, plain or encoded, that a
     *     target could resolve to outside the path prefix or its own base path
     */
    public @Nullable Rule<T> match(String rawPath) {
        Rule<T> rule = find(rawPath);
        if (rule != null) {
            rule.requireInside(rawPath);
        }
        return rule;
    }

    /** The match, whatever its dot segments may lead to. */
    private @Nullable Rule<T> find(String rawPath) {
        RawPath.requireWellFormed(rawPath);
        for (int length : stemLengths) {
            if (RawPath.endsSegment(rawPath, length)) {
                Rule<T> rule = byStem.get(rawPath.substring(0, length));
                if (rule != null) {
                    return rule;
                }
            }
        }
        return null;
    }

    /**
     * One rule tried on a path.
     *
     * @param matches whether this rule is the match
     * @param reason in words for people
     */
    public record Trial<T>(Rule<T> rule, boolean matches, String reason) {}

    /**
     * Explains {@link #match}: all rules in the order in which they are tried, with the outcome of each.
     *
     * @throws AmbiguousPathException as match, except for dot segments
     */
    public List<Trial<T>> trials(String rawPath) {
        Rule<T> match = find(rawPath);
        List<Trial<T>> trials = new ArrayList<>();
        boolean found = false;
        for (Rule<T> rule : inMatchingOrder) {
            boolean matches = rule.equals(match);
            String reason;
            if (found) {
                reason = "not tried: a rule before it has matched";
            } else if (matches) {
                reason = "the path is below " + rule.pathPrefix();
            } else if (rawPath.startsWith(rule.stem())) {
                reason = "the path begins with " + rule.pathPrefix() + ", but not with whole segments";
            } else {
                reason = "the path does not begin with " + rule.pathPrefix();
            }
            trials.add(new Trial<>(rule, matches, reason));
            found |= matches;
        }
        return trials;
    }

    /** All rules, longest path prefix first. */
    public List<Rule<T>> inMatchingOrder() {
        return inMatchingOrder;
    }

    /** What the rules forward to, each once, in the order in which the rules are tried. */
    public List<T> targetGroups() {
        return inMatchingOrder.stream().map(Rule::targetGroup).distinct().toList();
    }
}
