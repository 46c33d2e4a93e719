package dev.sluice.config;

import static java.util.stream.Collectors.toCollection;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The variables of all sources, and their problems. A variable becomes known when its value is asked for. One that is
 * set but never becomes known is reported as misspelt. Not thread-safe.
 */
final class Variables {

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
            "DNS_MAX_TTL_",
            "DNS_MIN_TTL_",
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

    /** Variables that are meant for Sluice only if the whole name is equal. */
    private static final Set<String> SHORT_NAMES = Set.of("TRACING", "VIA");

    private static final Pattern LOWER_CASE = Pattern.compile("[a-z]");
    private static final Pattern COMMA = Pattern.compile("\\s*,\\s*");
    private static final Pattern NUMBER = Pattern.compile("([1-9][0-9]*)_.*");
    private static final Pattern NUMBER_WITHIN = Pattern.compile("_[1-9][0-9]*_");
    private static final String RULE = "LISTENER_RULE_";
    private static final Pattern FAMILY = Pattern.compile("(?:" + RULE + "|TARGET_GROUP_)(?:[1-9][0-9]*_)?");
    private static final Pattern WITHOUT_NUMBER = Pattern.compile("(?:LISTENER_RULE|TARGET_GROUP)_(?![1-9][0-9]*_).*");

    /**
     * If this is found in the name of a variable, or in the known name nearest to it, its value must not be logged. The
     * name of a key's file may be.
     */
    private static final Pattern SECRET =
            Pattern.compile("SECRET|TOKEN|PASS|CREDENTIAL|AUTH|BEARER|KEY(?!_?FILE)", Pattern.CASE_INSENSITIVE);

    /**
     * An unknown variable at most this many edits away from a missing one is taken for it, which is then not reported
     * as missing.
     */
    private static final int MISSPELT = 3;

    /** A variable at most this many edits away from one of ours is meant for Sluice, whatever its prefix. */
    private static final int BARELY_MISSPELT = 2;

    /** Units that people append to the name by mistake: CONNECTION_TIMEOUT has none in its name. */
    private static final List<String> UNITS = List.of("_SECONDS", "_MILLISECONDS", "_MS");

    /** The fraction of the letters that may differ for one variable to be suggested for another. */
    private static final double RESEMBLING = 0.4;

    /** The same within a rule or a target group, where other products have many names that Sluice does not. */
    private static final double RESEMBLING_WITHIN = 0.34;

    private record Setting(String value, String origin) {}

    private final Map<String, Setting> settings = new TreeMap<>();

    /** Set, but not meant for Sluice, unless it turns out in the end that one is barely a misspelling of ours. */
    private final Map<String, Setting> others = new TreeMap<>();

    /** Names in the file that have lower case, with their lines: a line may be the rest of a secret that is wrapped. */
    private final Map<String, Integer> unusual = new TreeMap<>();

    private final Set<String> known = new LinkedHashSet<>();
    private final List<Problem> problems = new ArrayList<>();
    private boolean allSourcesRead = true;

    private Variables(Map<String, String> environment, Map<String, String> contextParameters) {
        addOurs(environment, "");
        addOurs(contextParameters, " (a servlet context parameter)");
    }

    /** @param reading how the file that CONFIG_FILE names is read */
    static Variables of(
            Map<String, String> environment,
            Map<String, String> contextParameters,
            ConfigurationSources.Reading reading) {
        Variables variables = new Variables(environment, contextParameters);
        String file = variables.file();
        if (file != null) {
            variables.allSourcesRead = ConfigurationFile.read(file, reading, variables);
        }
        return variables;
    }

    /** The value of CONFIG_FILE; null if it is not set. */
    private @Nullable String file() {
        return optional(ConfigurationFile.VARIABLE, Function.identity());
    }

    /** See {@link ConfigurationSources#file}. */
    static @Nullable Path file(Map<String, String> environment, Map<String, String> contextParameters) {
        String file = new Variables(environment, contextParameters).file();
        try {
            return file == null ? null : Path.of(file);
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

    /** Sets a variable unless an earlier source has set it. The origin is appended to messages about it. */
    void add(String name, String value, String origin) {
        String stripped = value.strip();
        if (!stripped.isEmpty()) {
            settings.putIfAbsent(name, new Setting(stripped, origin));
        }
    }

    /** {@link #add}, of a line of the file. */
    void addLine(String name, String value, int lineNumber, String file) {
        add(name, value, " (line " + lineNumber + " of " + file + ")");
        if (LOWER_CASE.matcher(name).find()) {
            unusual.put(name, lineNumber);
        }
    }

    /** Whether every source could be read. If not, no variable is reported as missing. */
    boolean allSourcesRead() {
        return allSourcesRead;
    }

    /** The value of a variable; the default if it is not set or is wrong. */
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
            report(name, "the value must not be in quotes");
            return null;
        }
        return parse(name, setting.value(), parser);
    }

    /** {@link #optional}, of a whole number of seconds. */
    Duration seconds(String name, Duration otherwise, Function<String, Integer> parser) {
        return Duration.ofSeconds(optional(name, (int) otherwise.toSeconds(), parser));
    }

    /** The comma-separated entries of a variable; none if it is not set. Wrong entries are reported and left out. */
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

    /** Splits a value at its commas. An empty value has no entries. */
    static List<String> entries(String value) {
        return value.isEmpty() ? List.of() : List.of(COMMA.split(value, -1));
    }

    /**
     * The value of a variable; null, and a problem, if it is not set or is wrong. The form describes the value that it
     * must have.
     */
    <T> @Nullable T required(String name, String form, Function<String, T> parser) {
        if (allSourcesRead && !settings.containsKey(name)) {
            problems.add(new Problem(name, null, "is missing; it must be " + form));
        }
        return optional(name, parser);
    }

    /** Whether the value has quotes as in a shell, which removes them; a file and a container's environment do not. */
    private static boolean isQuoted(String value) {
        char first = value.charAt(0);
        return (first == '"' || first == '\'') && value.length() > 1 && value.charAt(value.length() - 1) == first;
    }

    /**
     * Parses a variable's value, or a part of it. If the parser throws an IllegalArgumentException, reports it and
     * returns null.
     */
    <T> @Nullable T parse(String name, String part, Function<String, T> parser) {
        try {
            return parser.apply(part);
        } catch (IllegalArgumentException e) {
            report(name, part, String.valueOf(e.getMessage()));
            return null;
        }
    }

    /** Whether a variable is set, even to a wrong value. */
    boolean isSet(String name) {
        return settings.containsKey(name);
    }

    /** Whether a problem of a variable that is set has been reported. Its consequences should not be reported again. */
    boolean isWrong(String name) {
        return problems.stream()
                .anyMatch(
                        problem -> problem.value() != null && problem.variable().equals(name));
    }

    /** Reports a problem of a variable. */
    void report(String name, String message) {
        Setting setting = settings.get(name);
        if (setting == null) {
            problems.add(new Problem(name, null, message));
        } else {
            report(name, setting.value(), message);
        }
    }

    /** Reports a problem of a part of a variable's value: with the whole of a long list, many problems take much memory. */
    void report(String name, String part, String message) {
        Setting setting = Objects.requireNonNull(settings.get(name));
        Problem problem = new Problem(name, part, message + setting.origin());
        problems.add(isSecret(name) ? problem.withoutValue() : problem);
    }

    /**
     * Reports each of the variables that is set although the feature that it belongs to is off. Reports nothing if a
     * source could not be read, which may switch the feature on.
     */
    void reportWithoutEffect(String message, String... names) {
        if (!allSourcesRead) {
            return;
        }
        for (String name : names) {
            if (isSet(name) && !isWrong(name)) {
                report(name, message);
            }
        }
    }

    private boolean isSecret(String name) {
        return SECRET.matcher(name).find()
                || (!known.contains(name)
                        && SECRET.matcher(Spelling.nearest(name, known)).find());
    }

    /**
     * The prefix with each number that is in use, in numeric order: TARGET_GROUP_1_, TARGET_GROUP_3_. If there is none,
     * the prefix with 1, so that its variables are reported as missing.
     */
    Set<String> numbered(String prefix) {
        Set<String> numbered =
                new TreeSet<>(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()));
        for (String name : settings.keySet()) {
            if (name.startsWith(prefix)) {
                Matcher number = NUMBER.matcher(name.substring(prefix.length()));
                if (number.matches()) {
                    numbered.add(prefix + number.group(1) + "_");
                }
            }
        }
        return numbered.isEmpty() ? Set.of(prefix + "1_") : numbered;
    }

    /**
     * Must be called after all variables have been read.
     *
     * @throws ConfigurationException if there are problems, unknown variables included
     */
    void throwIfWrong() {
        others.forEach((name, setting) -> {
            if (knownLike(name).stream().anyMatch(ours -> isBarelyMisspelt(name, ours))) {
                settings.putIfAbsent(name, setting);
            }
        });
        unusual.keySet().removeIf(this::resemblesOurs);
        unusual.values().forEach(number -> ConfigurationFile.reportLine(number, ", with the name of a variable", this));
        settings.keySet().stream()
                .filter(name -> !known.contains(name) && !unusual.containsKey(name))
                .forEach(this::reportUnknown);
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
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

    /** The known variable: if there is none with its number, it is that of number 1, see {@link #numbered}. */
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

    /** Whether a name that we do not know is meant for Sluice, in upper case or not. */
    private boolean resemblesOurs(String name) {
        String nearest = nearest(name);
        return isMeant(name, nearest, family(name), Spelling.distance(name, nearest))
                || PREFIXES.stream().anyMatch(name.toUpperCase(Locale.ROOT)::startsWith);
    }

    private void reportUnknown(String name) {
        String family = family(name);
        String nearest = nearest(name);
        int distance = Spelling.distance(name, nearest);
        if (distance <= MISSPELT) {
            String missing = askedFor(nearest);
            problems.removeIf(
                    problem -> problem.value() == null && problem.variable().equals(missing));
        }
        report(
                name,
                "there is no such variable"
                        + (isMeant(name, nearest, family, distance)
                                ? "; did you mean " + nearest + "?"
                                : insteadOf(family, candidates(name)))
                        + (WITHOUT_NUMBER.matcher(name).matches()
                                ? " The number must be a positive integer without leading zeros."
                                : ""));
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
