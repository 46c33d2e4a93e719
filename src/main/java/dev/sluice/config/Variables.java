package dev.sluice.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
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

    private static final Pattern LOWER_CASE = Pattern.compile("[a-z]");
    private static final Pattern COMMA = Pattern.compile("\\s*,\\s*");
    private static final Pattern NUMBER = Pattern.compile("([1-9][0-9]*)_.*");

    /**
     * If this is found in the name of a variable, or in the known name nearest to it, its value must not be logged. The
     * name of a key's file may be.
     */
    private static final Pattern SECRET =
            Pattern.compile("SECRET|TOKEN|PASS|CREDENTIAL|AUTH|BEARER|KEY(?!_?FILE)", Pattern.CASE_INSENSITIVE);

    /** Characters; of a longer list, a message shows a part. */
    private static final int MAX_LIST_SHOWN = 200;

    private record Setting(String value, String origin) {}

    private final Map<String, Setting> settings = new TreeMap<>();

    /** The origins of empty values, which set nothing: most are from a shell's variable that is not set. */
    private final Map<String, String> empty = new HashMap<>();

    /** Set, but not meant for Sluice, unless it turns out in the end that one is barely a misspelling of ours. */
    private final Map<String, Setting> others = new TreeMap<>();

    /** The lines of the file that another value of an earlier source overrides, for people, by the source's origin. */
    private final Map<String, List<String>> overridden = new TreeMap<>();

    /** Names in the file that have lower case, with their lines: a line may be the rest of a secret that is wrapped. */
    private final Map<String, Integer> unusual = new TreeMap<>();

    private final Set<String> known = new LinkedHashSet<>();
    private final Misspellings misspellings = new Misspellings(known);
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
            if (Misspellings.isOurs(name)) {
                add(name, value, origin);
            } else {
                others.put(name, new Setting(value, origin));
            }
        });
    }

    /** Sets a variable unless an earlier source has set it. The origin is appended to messages about it. */
    void add(String name, String value, String origin) {
        String stripped = value.strip();
        if (stripped.isEmpty()) {
            empty.putIfAbsent(name, origin);
        } else {
            settings.putIfAbsent(name, new Setting(stripped, origin));
        }
    }

    /** {@link #add}, of a line of the file. */
    void addLine(String name, String value, int lineNumber, String file) {
        String origin = " (line " + lineNumber + " of " + file + ")";
        Setting earlier = settings.get(name);
        if (earlier != null && !value.isBlank() && !earlier.value().equals(value.strip())) {
            overridden
                    .computeIfAbsent(earlier.origin(), any -> new ArrayList<>())
                    .add(name + " (line " + lineNumber + ")");
        }
        add(name, value, origin);
        if (LOWER_CASE.matcher(name).find()) {
            unusual.put(name, lineNumber);
        }
    }

    /** See {@link ConfigurationSources#overridden}. */
    List<String> overridden() {
        return overridden.entrySet().stream()
                .map(each -> ConfigurationFile.VARIABLE
                        + (each.getKey().isEmpty() ? ": the environment overrides " : ": context parameters override ")
                        + String.join(", ", each.getValue()))
                .toList();
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
        for (String entry : entries(name, optional(name, "", Function.identity()))) {
            T value = parse(name, entry, parser);
            if (value != null) {
                list.add(value);
            }
        }
        return list;
    }

    /**
     * Splits a variable's value at its commas. An empty value has no entries. Otherwise, empty entries are left out, and
     * reported as one problem.
     */
    List<String> entries(String name, String value) {
        if (value.isEmpty()) {
            return List.of();
        }
        List<String> entries = List.of(COMMA.split(value, -1));
        int empty = entries.indexOf("");
        if (empty < 0) {
            return entries;
        }
        String message = "entry " + (empty + 1) + " of " + entries.size() + " is empty; there is a comma too many";
        report(name, around(empty, entries, value), message);
        return entries.stream().filter(entry -> !entry.isEmpty()).toList();
    }

    /**
     * What to show of a value, so that its empty entry is found: all, or the entry before it, or nothing where there may
     * be a password: a {@link Problem} finds that for sure only if the value begins with it.
     */
    private static String around(int empty, List<String> entries, String value) {
        if (value.indexOf('@') >= 0) {
            return "";
        }
        int first = Math.max(0, empty - 1);
        return value.length() <= MAX_LIST_SHOWN ? value : String.join(",", entries.subList(first, first + 2));
    }

    /**
     * The value of a variable; null, and a problem, if it is not set or is wrong. The form describes the value that it
     * must have.
     */
    <T> @Nullable T required(String name, String form, Function<String, T> parser) {
        if (allSourcesRead && !settings.containsKey(name)) {
            String origin = empty.get(name);
            String message = (origin == null ? "is missing" : "is empty") + "; it must be " + form;
            problems.add(new Problem(name, null, origin == null ? message : message + origin));
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
            if (misspellings.isBarelyMisspelt(name)) {
                settings.putIfAbsent(name, setting);
            }
        });
        unusual.keySet().removeIf(misspellings::resemblesOurs);
        unusual.values().forEach(number -> ConfigurationFile.reportLine(number, ", with the name of a variable", this));
        settings.keySet().stream()
                .filter(name -> !known.contains(name) && !unusual.containsKey(name))
                .forEach(this::reportUnknown);
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
    }

    /** If an unknown variable is taken for a missing one, that is one problem, not two. */
    private void reportUnknown(String name) {
        Misspellings.Guess guess = misspellings.guess(name);
        problems.removeIf(
                problem -> problem.value() == null && problem.variable().equals(guess.taken()));
        report(name, guess.message());
    }
}
