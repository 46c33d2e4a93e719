package dev.sluice.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** From variables to records. One parser reads one configuration. Not thread-safe. */
final class ConfigurationParser {

    private static final Pattern WHOLE_NUMBER = Pattern.compile("[0-9]{1,9}");
    private static final Pattern COMMA = Pattern.compile("\\s*,\\s*");
    private static final int DAY_MILLIS = 24 * 60 * 60 * 1000;
    private static final Set<String> LATER_ALGORITHMS = Set.of("WEIGHTED", "STICKY", "LRT");

    private final Variables variables;

    /** The names of the target groups, each with the variable that gives it. */
    private final Map<String, String> groupNames = new LinkedHashMap<>();

    private boolean groupNamesComplete = true;

    ConfigurationParser(Variables variables) {
        this.variables = variables;
    }

    Configuration parse() {
        int listenerPort = variables.optional("LISTENER_PORT", 8080, wholeNumber("a port", 0, 65535));
        int connectionTimeout =
                variables.optional("CONNECTION_TIMEOUT", 5000, wholeNumber("milliseconds", 1, DAY_MILLIS));
        AlgorithmName algorithm = variables.optional(
                "LOAD_BALANCING_ALGORITHM", AlgorithmName.ROUND_ROBIN, ConfigurationParser::algorithm);
        List<TargetGroupConfiguration> targetGroups = targetGroups(algorithm);
        List<RuleConfiguration> rules = rules();
        variables.throwIfWrong();
        return new Configuration(listenerPort, Duration.ofMillis(connectionTimeout), targetGroups, rules);
    }

    private List<TargetGroupConfiguration> targetGroups(AlgorithmName algorithm) {
        List<TargetGroupConfiguration> targetGroups = new ArrayList<>();
        for (String group : variables.numbered("TARGET_GROUP_")) {
            String name = groupName(group + "_NAME");
            List<TargetConfiguration> targets = targets(group + "_TARGETS");
            if (name != null && !targets.isEmpty()) {
                targetGroups.add(new TargetGroupConfiguration(name, algorithm, targets));
            }
        }
        return targetGroups;
    }

    private @Nullable String groupName(String variable) {
        String name = variables.required(variable, "the name that rules know the target group by", Function.identity());
        if (name == null) {
            groupNamesComplete = false;
            return null;
        }
        String first = groupNames.putIfAbsent(name, variable);
        if (first != null) {
            variables.report(variable, "the name must be unique, but " + first + " is the same");
        }
        return name;
    }

    private List<TargetConfiguration> targets(String variable) {
        String value =
                variables.required(variable, "hostname:port[/base-uri], or several with commas", Function.identity());
        if (value == null) {
            return List.of();
        }
        List<TargetConfiguration> targets = new ArrayList<>();
        Set<TargetConfiguration> distinct = new HashSet<>();
        for (String entry : COMMA.split(value, -1)) {
            TargetConfiguration target = variables.parse(variable, entry, TargetSyntax::parse);
            if (target != null) {
                targets.add(target);
                String hostname = target.hostname().toLowerCase(Locale.ROOT);
                if (!distinct.add(new TargetConfiguration(hostname, target.port(), target.basePath()))) {
                    variables.report(variable, "the targets must differ, but " + entry + " is there twice");
                }
            }
        }
        return targets;
    }

    private List<RuleConfiguration> rules() {
        List<RuleConfiguration> rules = new ArrayList<>();
        Map<String, String> pathPrefixes = new HashMap<>();
        for (String rule : variables.numbered("LISTENER_RULE_")) {
            String pathPrefix = pathPrefix(rule + "_PATH_PREFIX", pathPrefixes);
            String pathRewrite = variables.optional(rule + "_PATH_REWRITE", "", PathSyntax::parse);
            String targetGroup = targetGroup(rule + "_TARGET_GROUP");
            if (pathPrefix != null && targetGroup != null) {
                rules.add(new RuleConfiguration(pathPrefix, pathRewrite, targetGroup));
            }
        }
        return rules;
    }

    private @Nullable String pathPrefix(String variable, Map<String, String> pathPrefixes) {
        String path = variables.required(variable, "a path, / for every request", PathSyntax::parse);
        if (path == null) {
            return null;
        }
        String first = pathPrefixes.putIfAbsent(path, variable);
        if (first != null) {
            variables.report(variable, "the path prefix must be unique, but " + first + " is the same");
        }
        return path.isEmpty() ? "/" : path;
    }

    private @Nullable String targetGroup(String variable) {
        String name = variables.required(variable, "the name of a target group", Function.identity());
        // A name that is missing may be the very one: that is one problem, not two.
        if (name != null && !groupNames.containsKey(name) && groupNamesComplete && variables.complete()) {
            variables.report(
                    variable,
                    "there is no such target group; did you mean " + Spelling.nearest(name, groupNames.keySet())
                            + "? The target groups are: " + String.join(", ", groupNames.keySet()));
        }
        return name;
    }

    private static AlgorithmName algorithm(String value) {
        String name = value.toUpperCase(Locale.ROOT);
        for (AlgorithmName algorithm : AlgorithmName.values()) {
            if (algorithm.name().equals(name)) {
                return algorithm;
            }
        }
        throw new IllegalArgumentException((LATER_ALGORITHMS.contains(name) ? "not available in this version; " : "")
                + "the algorithm must be one of " + Arrays.toString(AlgorithmName.values()));
    }

    private static Function<String, Integer> wholeNumber(String unit, int min, int max) {
        return value -> {
            if (WHOLE_NUMBER.matcher(value).matches()) {
                int number = Integer.parseInt(value);
                if (min <= number && number <= max) {
                    return number;
                }
            }
            throw new IllegalArgumentException("must be " + unit + ", a whole number from " + min + " to " + max);
        };
    }
}
