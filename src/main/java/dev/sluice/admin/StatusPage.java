package dev.sluice.admin;

import dev.sluice.observe.Reloads;
import dev.sluice.routing.Rule;
import dev.sluice.target.NameProblem;
import dev.sluice.target.RequestRate;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import dev.sluice.target.TargetState;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The current status as HTML. All of it is made here: an open page replaces its main element by {@link #main} each
 * second; without JavaScript it reloads as a whole. Safe for use by many threads.
 */
final class StatusPage {

    private static final String HTML = "text/html;charset=utf-8";

    private static final String PAGE = Resource.text("status.html");

    /** The placeholder of {@link #main}. */
    private static final String MAIN = "<main></main>";

    /** Rates are averaged over this many seconds, so that they are steady enough to read. */
    private static final int RATE_SECONDS = 10;

    private final StatusSource source;
    private final List<TargetGroup> needed; // those that rules forward to

    StatusPage(StatusSource source) {
        this.source = source;
        this.needed = source.rules().targetGroups();
    }

    /** A target, with its state and its last minute, each read once. */
    private record Row(
            Target target, TargetState state, List<Integer> lastMinute, int requests, int highest, int failures) {

        static Row of(Target target) {
            List<Integer> lastMinute = target.requestRate().lastMinute();
            return new Row(
                    target,
                    target.state(),
                    lastMinute,
                    sum(lastMinute),
                    Collections.max(lastMinute),
                    sum(target.failureRate().lastMinute()));
        }

        private static int sum(List<Integer> lastMinute) {
            return lastMinute.stream().mapToInt(Integer::intValue).sum();
        }

        double rate() {
            return lastMinute.subList(RequestRate.SECONDS - RATE_SECONDS, RequestRate.SECONDS).stream()
                    .mapToInt(Integer::intValue)
                    .average()
                    .orElse(0);
        }
    }

    /** A target group, with its rows and their totals. */
    private record Section(
            TargetGroup group,
            String id,
            boolean isLeaving,
            @Nullable String unavailability,
            List<Row> rows,
            int inFlight,
            double rate,
            int requests,
            int highest) {

        /** @param isLeaving whether the group is no longer configured */
        static Section of(TargetGroup group, String id, boolean isLeaving) {
            List<Row> rows = group.allTargets().stream().map(Row::of).toList();
            return new Section(
                    group,
                    id,
                    isLeaving,
                    isLeaving ? null : group.unavailability(),
                    rows,
                    group.inFlight(),
                    rows.stream().mapToDouble(Row::rate).sum(),
                    rows.stream().mapToInt(Row::requests).sum(),
                    rows.stream().mapToInt(Row::highest).max().orElse(0));
        }

        long healthy() {
            return rows.stream()
                    .filter(row -> row.state.name() == TargetState.Name.HEALTHY)
                    .count();
        }
    }

    /** The whole page. */
    Answer answer() {
        return new Answer(200, HTML, PAGE.replace(MAIN, main()));
    }

    /** The part of the page that changes: one element, without a line break. */
    String main() {
        List<Section> sections = sections();
        Html html = new Html();
        html.markup("<main>");
        head(html, sections);
        sections.forEach(section -> section(html, section));
        rules(html, sections);
        return html.markup("</main>").toString();
    }

    private List<Section> sections() {
        List<Section> sections = new ArrayList<>();
        for (TargetGroup group : source.targetGroups()) {
            sections.add(Section.of(group, "group-" + (sections.size() + 1), false));
        }
        for (TargetGroup group : source.leaving().get()) {
            sections.add(Section.of(group, "group-" + (sections.size() + 1), true));
        }
        return sections;
    }

    private void head(Html html, List<Section> sections) {
        List<Section> without = sections.stream()
                .filter(section -> section.unavailability != null && needed.contains(section.group))
                .toList();
        Instant drainingSince = source.lifetime().drainingSince();
        String state = drainingSince != null ? "DRAINING" : without.isEmpty() ? "READY" : "NOT READY";
        html.markup("<header><h1>Sluice</h1> <span class=\"version\">")
                .text(source.lifetime().version())
                .markup("</span> ");
        badge(html, state);
        html.markup("</header>");
        if (drainingSince != null) {
            html.markup("<p class=\"trouble\">It was told to stop ")
                    .text(Figures.duration(since(drainingSince)))
                    .markup(" ago, and finishes what is in flight.</p>");
        }
        if (!without.isEmpty()) {
            html.markup("<p class=\"trouble\">No target is available in ");
            links(html, without);
            html.markup(".</p>");
        }
        refusal(html, source.reloads().state());
        totals(html, sections, state);
    }

    private static void refusal(Html html, Reloads.State state) {
        Instant refusedAt = state.lastFailure();
        if (!state.isRefused() || refusedAt == null) {
            return;
        }
        html.markup("<p class=\"trouble\">The configuration that was read ")
                .text(Figures.duration(since(refusedAt)))
                .markup(" ago was refused; that of ")
                .text(Figures.duration(since(state.inUseSince())))
                .markup(" ago stays in use.</p><ul class=\"trouble\">");
        state.problems().forEach(problem -> html.markup("<li>").text(problem).markup("</li>"));
        html.markup("</ul>");
    }

    private static void links(Html html, List<Section> sections) {
        String separator = "";
        for (Section section : sections) {
            html.markup(separator);
            link(html, section);
            separator = ", ";
        }
    }

    private static void link(Html html, Section section) {
        html.markup("<a href=\"#")
                .text(section.id)
                .markup("\">")
                .text(section.group.name())
                .markup("</a>");
    }

    private void totals(Html html, List<Section> sections, String state) {
        long healthy = sections.stream().mapToLong(Section::healthy).sum();
        long all = sections.stream()
                .flatMap(section -> section.rows.stream())
                .filter(row -> !row.target.hasLeft())
                .count();
        String targets = healthy + " of " + all;
        html.markup("<dl class=\"totals\">");
        total(
                html,
                "Requests per second",
                Figures.rate(sections.stream().mapToDouble(Section::rate).sum()));
        total(
                html,
                "In flight",
                Integer.toString(sections.stream().mapToInt(Section::inFlight).sum()));
        total(html, "Healthy targets", targets);
        total(html, "Up for", Figures.duration(source.lifetime().uptime()));
        // Screen readers announce this when it changes.
        html.markup("</dl><p class=\"spoken\" role=\"status\">")
                .text(state.toLowerCase(Locale.ROOT) + ", " + targets + " targets are healthy")
                .markup("</p>");
    }

    private static void total(Html html, String name, String value) {
        html.markup("<div><dt>").text(name).markup("</dt><dd>").text(value).markup("</dd></div>");
    }

    private static void section(Html html, Section section) {
        TargetGroup group = section.group;
        html.markup("<section id=\"")
                .text(section.id)
                .markup("\" aria-labelledby=\"")
                .text(section.id + "-name")
                .markup("\"><h2 id=\"")
                .text(section.id + "-name")
                .markup("\">")
                .text(group.name())
                .markup("</h2><ul class=\"facts\"><li>")
                .text(group.algorithm().name())
                .markup("</li><li>")
                .text(Figures.rate(section.rate()) + " requests/s")
                .markup("</li><li>")
                .text(section.inFlight() + " in flight")
                .markup("</li>");
        if (group.queueSize() > 0) {
            html.markup("<li>")
                    .text(group.waiting() + " of " + group.queueSize() + " waiting")
                    .markup("</li>");
        }
        html.markup("</ul>");
        if (section.isLeaving) {
            html.markup(
                    "<p class=\"since\">It is not configured any more: its targets finish what they have begun with.</p>");
        }
        if (section.unavailability != null) {
            html.markup("<p class=\"trouble\">").text(section.unavailability).markup("</p>");
        }
        group.nameProblems().forEach(problem -> nameProblem(html, problem));
        if (!section.rows.isEmpty()) {
            targets(html, section);
        }
        html.markup("</section>");
    }

    private static void nameProblem(Html html, NameProblem problem) {
        html.markup("<p class=\"trouble\">")
                .text(problem.name() + (problem.isPartOnly() ? " resolves only in part: " : " does not resolve: "))
                .text(problem.problem())
                .markup("</p>");
    }

    /** The roles are explicit because some browsers do not expose a table as such once CSS gives it another layout. */
    private static void targets(Html html, Section section) {
        html.markup("<table class=\"targets\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">");
        for (String heading :
                List.of("Target", "State", "Requests/s, last minute", "Share", "Latency", "In flight", "Failed")) {
            html.markup("<th scope=\"col\" role=\"columnheader\">")
                    .text(heading)
                    .markup("</th>");
        }
        html.markup("</tr></thead><tbody role=\"rowgroup\">");
        section.rows.forEach(row -> target(html, section, row));
        html.markup("</tbody></table>");
    }

    private static void target(Html html, Section section, Row row) {
        Target target = row.target;
        html.markup("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">").text(target.name());
        if (target.weight() != 1) {
            html.markup(" <span class=\"weight\">weight ").text(target.weight()).markup("</span>");
        }
        html.markup("</th>");
        state(html, row);
        html.markup("<td role=\"cell\" class=\"rate\"><div>");
        Plot.draw(html, row.lastMinute, section.highest());
        html.markup("<span class=\"figure\">").text(Figures.rate(row.rate())).markup("</span></div></td>");
        share(html, row.requests(), section.requests());
        double latency = row.requests() == 0 ? 0 : target.responseTime().average();
        figure(html, "Latency", latency == 0 ? "–" : Figures.milliseconds(latency));
        figure(html, "In flight", Integer.toString(target.inFlight()));
        figure(html, "Failed", Integer.toString(row.failures()));
        html.markup("</tr>");
    }

    private static void state(Html html, Row row) {
        TargetState state = row.state;
        html.markup("<td role=\"cell\" class=\"state\">");
        badge(html, state.name().name());
        html.markup(" <span class=\"since\">for <time datetime=\"")
                .text(state.since().truncatedTo(ChronoUnit.SECONDS))
                .markup("\">")
                .text(Figures.duration(since(state.since())))
                .markup("</time></span><span class=\"reason\">")
                .text(reasons(row))
                .markup("</span></td>");
    }

    private static String reasons(Row row) {
        Instant ejectedUntil = row.state.ejectedUntil();
        double share = row.target.share();
        return Stream.of(
                        row.state.reason(),
                        ejectedUntil == null
                                ? ""
                                : "tried again in " + Figures.duration(Duration.between(Instant.now(), ejectedUntil)),
                        share == 1 ? "" : "starts slowly, with " + Figures.percent(share) + " of its share")
                .filter(reason -> !reason.isEmpty())
                .collect(Collectors.joining("; "));
    }

    private static void share(Html html, int requests, int all) {
        html.markup("<td role=\"cell\" class=\"share\" data-name=\"Share\">");
        if (all == 0) {
            html.markup("<span class=\"figure\">–</span></td>");
            return;
        }
        double share = (double) requests / all;
        html.markup("<span class=\"figure\">")
                .text(Figures.percent(share))
                .markup(
                        "</span><svg class=\"bar\" aria-hidden=\"true\" preserveAspectRatio=\"none\" viewBox=\"0 0 100 1\">"
                                + "<rect width=\"100\" height=\"1\"/><rect height=\"1\" width=\"")
                .text(Math.round(100 * share))
                .markup("\"/></svg></td>");
    }

    private static void figure(Html html, String name, String value) {
        html.markup("<td role=\"cell\" data-name=\"")
                .text(name)
                .markup("\"><span class=\"figure\">")
                .text(value)
                .markup("</span></td>");
    }

    private static void badge(Html html, String state) {
        html.markup("<span class=\"badge ")
                .text(state.toLowerCase(Locale.ROOT).replace(' ', '-'))
                .markup("\">")
                .text(state)
                .markup("</span>");
    }

    private void rules(Html html, List<Section> sections) {
        html.markup("<section aria-labelledby=\"rules\"><h2 id=\"rules\">Rules</h2>"
                + "<table class=\"rules\"><thead><tr><th scope=\"col\">Path prefix</th><th scope=\"col\">Path rewrite</th>"
                + "<th scope=\"col\">Target group</th></tr></thead><tbody>");
        for (Rule<TargetGroup> rule : source.rules().inMatchingOrder()) {
            html.markup("<tr><th scope=\"row\">")
                    .text(rule.pathPrefix())
                    .markup("</th><td>")
                    .text(rule.pathRewrite().isEmpty() ? "–" : rule.pathRewrite())
                    .markup("</td><td>");
            links(
                    html,
                    sections.stream()
                            .filter(section -> section.group == rule.targetGroup())
                            .toList());
            html.markup("</td></tr>");
        }
        html.markup("</tbody></table></section>");
    }

    private static Duration since(Instant instant) {
        return Duration.between(instant, Instant.now());
    }
}
