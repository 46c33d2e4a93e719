package dev.sluice;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Who may know whom. */
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

    @Test
    void observationIsToldAndDoesNotReachIn() {
        noClasses()
                .that()
                .resideInAPackage("dev.sluice.observe..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.sluice..")
                        .and(resideOutsideOfPackages("dev.sluice.observe..", "dev.sluice.config..")))
                .allowEmptyShould(true)
                .check(SLUICE);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.(**)").should().beFreeOfCycles().check(SLUICE);
    }
}
