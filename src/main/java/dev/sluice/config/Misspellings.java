package dev.sluice.config;

import static java.util.stream.Collectors.toCollection;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Guesses whether names that are not known are meant for Sluice, and which variables they were to be. Not thread-safe. */
final class Misspellings {

    /**
     * A variable of the environment or a context parameter whose name begins with one of these is meant for Sluice, be
     * it one of its variables or a misspelling of one.
     */
    static final List<String> PREFIXES = List.of(
            "ACCESS_LOG",
            "ADMIN_ALLOW",
            "ADMIN_PATH",
            "ADMIN_TOKEN",
            "CONFIG_FILE",
            "CONNECTION_TIMEOUT",
            "DEREGISTRATION_DELAY",
            "DNS_MAX_TTL",
            "DNS_MIN_TTL",
            "DNS_RESOLVERS",
            "EJECTION_",
            "FORWARDED_HEADERS",
            "HEALTH_CHECK_",
            "LISTENER_",
            "LOAD_BALANCING_",
            "LOCATION_REWRITE",
            "MAX_CONNECTIONS",
            "MAX_REQUEST_",
            "PRESERVE_HOST_",
            "QUEUE_TIMEOUT",
            "REQUEST_HEADER_",
            "RETRY_ATTEMPTS",
            "RETRY_BUDGET",
            "RETRY_ON_",
            "RETRY_STATUS",
            "SHUTDOWN_DELAY",
            "SHUTDOWN_TIMEOUT",
            "SLOW_START_",
            "STICKINESS_",
            "STREAM_IDLE_",
            "TARGET_GROUP_",
            "TRUSTED_PROX",
            "TUNNEL_IDLE_");

    /** Variables that are meant for Sluice only if the whole name is equal. */
    private static final Set<String> SHORT_NAMES = Set.of("TRACING", "VIA");

    private static final Pattern NUMBER_WITHIN = Pattern.compile("_[1-9][0-9]*_");
    private static final String RULE = "LISTENER_RULE_";
    private static final Pattern FAMILY = Pattern.compile("(?:" + RULE + "|TARGET_GROUP_)(?:[1-9][0-9]*_)?");
    private static final Pattern WITHOUT_NUMBER = Pattern.compile("(?:LISTENER_RULE|TARGET_GROUP)_(?![1-9][0-9]*_).*");

    /** An unknown variable at most this many edits away from a known one is taken for it. */
    private static final int MISSPELT = 3;

    /** A variable at most this many edits away from one of ours is meant for Sluice, whatever its prefix. */
    private static final int BARELY_MISSPELT = 2;

    /** Units that people append to the name by mistake: CONNECTION_TIMEOUT has none in its name. */
    private static final List<String> UNITS = List.of("_SECONDS", "_MILLISECONDS", "_MS");

    /** The fraction of the letters that may differ for one variable to be suggested for another. */
    private static final double RESEMBLING = 0.4;

    /** The same within a rule or a target group, where other products have many names that Sluice does not. */
    private static final double RESEMBLING_WITHIN = 0.34;

    /**
     * What an unknown variable was probably meant to be.
     *
     * @param taken the known variable that it is taken for, which so is not missing; null for none
     * @param message what is wrong with the name, for the user
     */
    record Guess(@Nullable String taken, String message) {}

    private final Set<String> known;

    /** @param known the names of all variables that exist; may grow until the first guess, and is not empty then */
    Misspellings(Set<String> known) {
        this.known = known;
    }

    /** Whether a name is meant for Sluice, whatever variables are known. */
    static boolean isOurs(String name) {
        return SHORT_NAMES.contains(name) || PREFIXES.stream().anyMatch(name::startsWith);
    }

    /** Whether a name that is not {@link #isOurs} is so much like a known one that it is meant for Sluice too. */
    boolean isBarelyMisspelt(String name) {
        return knownLike(name).stream().anyMatch(ours -> isBarelyMisspelt(name, ours));
    }

    /** Whether a name that we do not know is meant for Sluice, in upper case or not. */
    boolean resemblesOurs(String name) {
        String nearest = nearest(name);
        return isMeant(name, nearest, family(name), Spelling.distance(name, nearest))
                || PREFIXES.stream().anyMatch(name.toUpperCase(Locale.ROOT)::startsWith);
    }

    /** What a variable that we do not know was probably meant to be. */
    Guess guess(String name) {
        String family = family(name);
        String nearest = nearest(name);
        int distance = Spelling.distance(name, nearest);
        return new Guess(
                distance <= MISSPELT ? askedFor(nearest) : null,
                "there is no such variable"
                        + (isMeant(name, nearest, family, distance)
                                ? "; did you mean " + nearest + "?"
                                : insteadOf(family, candidates(name)))
                        + (WITHOUT_NUMBER.matcher(name).matches()
                                ? " The number must be a positive integer without leading zeros."
                                : ""));
    }

    /** The known variables, with the number of this one in place of theirs: the number is taken to be right. */
    private Set<String> knownLike(String name) {
        Matcher number = NUMBER_WITHIN.matcher(name);
        return number.find()
                ? known.stream()
                        .map(ours -> numberedLike(ours, number.group()))
                        .collect(toCollection(LinkedHashSet::new))
                : known;
    }

    /** A variable that differs only in case is not ours, nor is one that only resembles a short name. */
    private static boolean isBarelyMisspelt(String name, String ours) {
        return Math.abs(name.length() - ours.length()) <= BARELY_MISSPELT // else so is the distance, which takes time
                && !SHORT_NAMES.contains(ours)
                && !name.equalsIgnoreCase(ours)
                && Spelling.distance(name, ours) <= BARELY_MISSPELT;
    }

    /** The known variable: if there is none with its number, it is that of number 1, see {@link Variables#numbered}. */
    private String askedFor(String ours) {
        return known.contains(ours) ? ours : numberedLike(ours, "_1_");
    }

    private static String numberedLike(String ours, String number) {
        return NUMBER_WITHIN.matcher(ours).replaceFirst(number);
    }

    private static String family(String name) {
        Matcher prefix = FAMILY.matcher(name);
        return prefix.lookingAt() ? prefix.group() : "";
    }

    /** The known variables of the same family. */
    private List<String> candidates(String name) {
        String family = family(name);
        return knownLike(name).stream().filter(ours -> ours.startsWith(family)).toList();
    }

    /** The known variable that is most like this one. */
    private String nearest(String name) {
        return knownLike(name).stream()
                .filter(ours -> ours.startsWith(name + "_") // its unit is missing
                        || ours.endsWith("_" + name) // set for all groups, but exists per group only
                        || UNITS.stream().anyMatch(unit -> name.equals(ours + unit)) // it has none
                        || name.endsWith("_" + ours)) // set for one group, but exists for all only
                .findFirst()
                .orElseGet(() -> Spelling.nearest(name, candidates(name)));
    }

    /** Whether a variable was probably meant to be this one of ours. Of both, only what follows the family counts. */
    private static boolean isMeant(String name, String ours, String family, int distance) {
        String own = name.substring(family.length());
        String other = ours.startsWith(family) ? ours.substring(family.length()) : ours;
        double resembling = family.isEmpty() ? RESEMBLING : RESEMBLING_WITHIN;
        return other.contains(own)
                || own.contains(other)
                || distance <= Math.max(BARELY_MISSPELT, resembling * Math.max(own.length(), other.length()));
    }

    /** What to say where none is meant: a rule has only a few. */
    private static String insteadOf(String family, List<String> candidates) {
        if (family.isEmpty()) {
            return ".";
        }
        return family.startsWith(RULE)
                ? "; a rule has only " + String.join(", ", candidates) + "."
                : " of a target group.";
    }
}
