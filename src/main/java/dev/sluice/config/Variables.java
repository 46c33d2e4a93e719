package dev.sluice.config;

import static java.util.stream.Collectors.toCollection;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The variables of all sources, and what is wrong with them. A variable is known because somebody asked for it: what is set and was
 * never asked for is misspelt. Not thread-safe.
 */
final class Variables {

    /** In the environment and among the context parameters, what begins with one of these is meant for Sluice. */
    private static final List<String> PREFIXES = List.of(
            "ACCESS_LOG",
            "ADMIN_ALLOW",
            "ADMIN_PATH",
            "ADMIN_TOKEN",
            "CONFIG_FILE",
            "CONNECTION_TIMEOUT",
            "DEREGISTRATION_DELAY",
            "DNS_MAX_TTL_",
            "DNS_MIN_TTL_",
            "DNS_RESOLVERS",
            "DNS_SERVERS",
            "EJECTION_",
            "FORWARDED_HEADERS",
            "HEALTH_CHECK_",
            "LISTENER_",
            "LOAD_BALANCING_",
            "LOCATION_REWRITE",
            "MAX_CONNECTIONS",
            "MAX_REQUEST_",
            "PRESERVE_HOST_",
            "QUEUE_TIMEOUT_",
            "REQUEST_HEADER_",
            "RETRY_ATTEMPTS",
            "RETRY_BUDGET_",
            "RETRY_ON_",
            "RETRY_STATUS",
            "SHUTDOWN_DELAY_",
            "SHUTDOWN_TIMEOUT_",
            "SLOW_START_",
            "STICKINESS_",
            "STREAM_IDLE_",
            "TARGET_GROUP_",
            "TRUSTED_PROX",
            "TUNNEL_IDLE_");

    /** In the environment and among the context parameters, these are too; what only begins with one of them is not. */
    private static final Set<String> SHORT_NAMES = Set.of("TRACING", "VIA");

    private static final Pattern COMMA = Pattern.compile("\\s*,\\s*");
    private static final Pattern NUMBER = Pattern.compile("([1-9][0-9]*)_.*");
    private static final Pattern NUMBER_WITHIN = Pattern.compile("_[1-9][0-9]*_");
    private static final Pattern WITHOUT_NUMBER = Pattern.compile("(?:LISTENER_RULE|TARGET_GROUP)_(?![1-9][0-9]*_).*");

    /** The value of a variable with one of these in its name is not for the log, nor that of one that was meant to have it. */
    private static final List<String> SECRETS = List.of("SECRET", "TOKEN");

    /** So many edits away a misspelt variable is surely the one that is missing. */
    private static final int MISSPELT = 3;

    /** So many edits away a variable is one of ours, whatever it begins with. */
    private static final int BARELY_MISSPELT = 2;

    /** Of the letters: where more would have to be edited, a variable was not meant to be this. */
    private static final double RESEMBLING = 0.4;

    private record Setting(String value, String origin) {}

    private final Map<String, Setting> settings = new TreeMap<>();
    private final Map<String, Setting> others = new TreeMap<>();
    private final Set<String> known = new LinkedHashSet<>();
    private final List<Problem> problems = new ArrayList<>();
    private boolean complete = true;

    private Variables() {}

    /** @param reading of the file that CONFIG_FILE names */
    static Variables of(
            Map<String, String> environment,
            Map<String, String> contextParameters,
            ConfigurationSources.Reading reading) {
        Variables variables = new Variables();
        variables.addOurs(environment, "");
        variables.addOurs(contextParameters, " (a servlet context parameter)");
        String file = variables.file();
        if (!file.isEmpty()) {
            variables.complete = ConfigurationFile.read(file, reading, variables);
        }
        return variables;
    }

    /** That which CONFIG_FILE names; empty for none. */
    private String file() {
        return optional(ConfigurationFile.VARIABLE, "", Function.identity());
    }

    /** As {@link ConfigurationSources#file}. */
    static @Nullable Path file(Map<String, String> environment, Map<String, String> contextParameters) {
        Variables variables = new Variables();
        variables.addOurs(environment, "");
        variables.addOurs(contextParameters, "");
        String file = variables.file();
        try {
            return file.isEmpty() ? null : Path.of(file);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private void addOurs(Map<String, String> source, String origin) {
        source.forEach((name, value) -> {
            if (SHORT_NAMES.contains(name) || PREFIXES.stream().anyMatch(name::startsWith)) {
                add(name, value, origin);
            } else {
                others.put(name, new Setting(value, origin));
            }
        });
    }

    /** Sets a variable unless an earlier source has set it. The origin ends the messages about it. */
    void add(String name, String value, String origin) {
        String stripped = value.strip();
        if (!stripped.isEmpty()) {
            settings.putIfAbsent(name, new Setting(stripped, origin));
        }
    }

    /** Whether every source could be read; if not, nothing is said to be missing. */
    boolean complete() {
        return complete;
    }

    /** The value of a variable; the other one if it is not set or is wrong. */
    <T> T optional(String name, T otherwise, Function<String, T> parser) {
        T value = optional(name, parser);
        return value == null ? otherwise : value;
    }

    /** The value of a variable; null if it is not set or is wrong. */
    <T> @Nullable T optional(String name, Function<String, T> parser) {
        known.add(name);
        Setting setting = settings.get(name);
        if (setting == null) {
            return null;
        }
        if (isQuoted(setting.value()) && !isSecret(name)) {
            report(name, "a value stands without quotes");
            return null;
        }
        return parse(name, setting.value(), parser);
    }

    /** The entries of a variable, which stand between commas; none if it is not set. Each that is wrong is a problem, and left out. */
    <T> List<T> list(String name, Function<String, T> parser) {
        List<T> list = new ArrayList<>();
        for (String entry : entries(optional(name, "", Function.identity()))) {
            T value = parse(name, entry, parser);
            if (value != null) {
                list.add(value);
            }
        }
        return list;
    }

    /** What stands between commas; an empty text has no entries. */
    static List<String> entries(String value) {
        return value.isEmpty() ? List.of() : List.of(COMMA.split(value, -1));
    }

    /** The value of a variable; null if it is not set, which is a problem, or is wrong. The form says what it must be. */
    <T> @Nullable T required(String name, String form, Function<String, T> parser) {
        if (complete && !settings.containsKey(name)) {
            problems.add(new Problem(name, null, "is missing; it must be " + form));
        }
        return optional(name, parser);
    }

    /** As a shell has it, which takes the quotes off; neither a file nor a container's environment does. */
    private static boolean isQuoted(String value) {
        char first = value.charAt(0);
        return (first == '"' || first == '\'') && value.length() > 1 && value.charAt(value.length() - 1) == first;
    }

    /** Parses a part of a variable's value. An IllegalArgumentException of the parser is a problem, and the result is null. */
    <T> @Nullable T parse(String name, String part, Function<String, T> parser) {
        try {
            return parser.apply(part);
        } catch (IllegalArgumentException e) {
            report(name, String.valueOf(e.getMessage()));
            return null;
        }
    }

    /** Whether a variable is set, rightly or not. */
    boolean isSet(String name) {
        return settings.containsKey(name);
    }

    /** Whether a variable is set to what it must not be: what follows from that is not a second problem. */
    boolean isWrong(String name) {
        return problems.stream()
                .anyMatch(
                        problem -> problem.value() != null && problem.variable().equals(name));
    }

    /** Adds a problem of a variable. */
    void report(String name, String message) {
        Setting setting = settings.get(name);
        problems.add(
                setting == null
                        ? new Problem(name, null, message)
                        : new Problem(name, isSecret(name) ? "(hidden)" : setting.value(), message + setting.origin()));
    }

    private boolean isSecret(String name) {
        return mentionsSecret(name) || mentionsSecret(Spelling.nearest(name, known));
    }

    /** Whether a text speaks of a secret, in any case. */
    static boolean mentionsSecret(String text) {
        String upperCase = text.toUpperCase(Locale.ROOT);
        return SECRETS.stream().anyMatch(upperCase::contains);
    }

    /**
     * The prefix with each number that it is followed by, in the order of the numbers: TARGET_GROUP_1, TARGET_GROUP_3. Where there is
     * none it is the first, so that its variables are reported missing.
     */
    Set<String> numbered(String prefix) {
        Set<String> numbered =
                new TreeSet<>(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()));
        for (String name : settings.keySet()) {
            if (name.startsWith(prefix)) {
                Matcher number = NUMBER.matcher(name.substring(prefix.length()));
                if (number.matches()) {
                    numbered.add(prefix + number.group(1));
                }
            }
        }
        return numbered.isEmpty() ? Set.of(prefix + "1") : numbered;
    }

    /** To be called when all variables have been read. */
    void throwIfWrong() {
        others.forEach((name, setting) -> {
            if (knownLike(name).stream().anyMatch(ours -> isBarelyMisspelt(name, ours))) {
                settings.putIfAbsent(name, setting);
            }
        });
        settings.keySet().stream().filter(name -> !known.contains(name)).forEach(this::reportUnknown);
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
    }

    /** Our variables, with the number that this one has: that is not what is misspelt. */
    private Set<String> knownLike(String name) {
        Matcher number = NUMBER_WITHIN.matcher(name);
        return number.find()
                ? known.stream()
                        .map(ours -> numberedLike(ours, number.group()))
                        .collect(toCollection(LinkedHashSet::new))
                : known;
    }

    /** What differs in case only is somebody else's, and whatever is a letter or two away from a short name. */
    private static boolean isBarelyMisspelt(String name, String ours) {
        return !SHORT_NAMES.contains(ours)
                && !name.equalsIgnoreCase(ours)
                && Spelling.distance(name, ours) <= BARELY_MISSPELT;
    }

    /** Where there is none with its number, the first is said to be missing, see {@link #numbered}. */
    private String askedFor(String ours) {
        return known.contains(ours) ? ours : numberedLike(ours, "_1_");
    }

    private static String numberedLike(String ours, String number) {
        return NUMBER_WITHIN.matcher(ours).replaceFirst(number);
    }

    private void reportUnknown(String name) {
        Set<String> candidates = knownLike(name);
        String nearest = candidates.stream()
                .filter(ours -> ours.startsWith(name + "_") // without its unit
                        || ours.endsWith("_" + name) // for all groups what is only for one
                        || name.endsWith("_" + ours)) // for one what is only for all
                .findFirst()
                .orElseGet(() -> Spelling.nearest(name, candidates));
        int distance = Spelling.distance(name, nearest);
        if (distance <= MISSPELT) {
            String missing = askedFor(nearest);
            problems.removeIf(
                    problem -> problem.value() == null && problem.variable().equals(missing));
        }
        boolean isMeant = nearest.contains(name)
                || name.contains(nearest)
                || distance <= Math.max(BARELY_MISSPELT, RESEMBLING * Math.max(name.length(), nearest.length()));
        report(
                name,
                "there is no such variable" + (isMeant ? "; did you mean " + nearest + "?" : ".")
                        + (WITHOUT_NUMBER.matcher(name).matches()
                                ? " The number must be a positive integer without leading zeros."
                                : ""));
    }
}
