package dev.sluice;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which packages may depend on which. */
class ArchitectureTest {

    private static final JavaClasses SLUICE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.sluice");

    @Test
    void configurationBalancingAndRoutingKnowNeitherServletsNorHttpClient() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.sluice.config..", "dev.sluice.balance..", "dev.sluice.routing..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("jakarta.servlet..", "org.apache.hc..")
                .check(SLUICE);
    }

    @Test
    void nothingKnowsTheLauncher() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.sluice.launcher..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.sluice.launcher..")
                .check(SLUICE);
    }

    /** As in the table of packages in ARCHITECTURE.md. */
    @ParameterizedTest
    @CsvSource({
        "config,",
        "routing, config",
        "tls,",
        "watch,",
        "balance, config",
        "health, config tls",
        "observe, config",
        "target, balance config health",
        "dns, config target",
        "forward, forward.connection forward.container forward.head forward.tunnel config observe routing target",
        "forward.connection, forward.head config target tls",
        "forward.tunnel, forward.container observe",
        "forward.head, forward.container balance config observe routing target",
        "forward.container,",
        "admin, balance config health observe routing target",
        "launcher.tls, watch",
    })
    void aPackageKnowsNoOtherThanThese(String itsName, @Nullable String knows) {
        String[] allowed = Stream.concat(Stream.of(itsName), knows == null ? Stream.of() : Stream.of(knows.split(" ")))
                .map(name -> "dev.sluice." + name)
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage("dev.sluice." + itsName)
                .should()
                .dependOnClassesThat(resideInAPackage("dev.sluice..").and(resideOutsideOfPackages(allowed)))
                .check(SLUICE);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.(**)").should().beFreeOfCycles().check(SLUICE);
    }
}
