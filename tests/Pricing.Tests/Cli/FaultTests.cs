using Grpc.Core;
using NUnit.Framework;
using Pricing.Cli;
using Pricing.Client;
using Pricing.Geometry;
using Pricing.Quoting.V1;

namespace Pricing.Tests.Cli;

[TestFixture]
public sealed class FaultTests
{
    [TestCase(StatusCode.InvalidArgument, "UNKNOWN_MATERIAL", 64)]
    [TestCase(StatusCode.InvalidArgument, "QUANTITY_OUT_OF_RANGE", 64)]
    [TestCase(StatusCode.InvalidArgument, "MODEL_TOO_LARGE", 65)]
    [TestCase(StatusCode.Unavailable, "UNAVAILABLE", 69)]
    [TestCase(StatusCode.Unimplemented, "UNIMPLEMENTED", 69)]
    [TestCase(StatusCode.Internal, "INTERNAL", 70)]
    [TestCase(StatusCode.Unknown, "INTERNAL", 70)]
    [TestCase(StatusCode.ResourceExhausted, "QUOTA_EXCEEDED", 75)]
    [TestCase(StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", 75)]
    [TestCase(StatusCode.PermissionDenied, "PERMISSION_DENIED", 77)]
    [TestCase(StatusCode.Unauthenticated, "UNAUTHENTICATED", 77)]
    public void A_refusal_of_the_platform_has_its_exit_code(StatusCode status, string reason, int exitCode)
    {
        var fault = Fault.From(new PricingException(status, reason, "A sentence.", "field", "limit", "actual"));

        Assert.That(fault, Is.EqualTo(new Fault(exitCode, reason, reason == "UNAVAILABLE" ? "The platform cannot be reached." : "A sentence.", "field", "limit", "actual")));
    }

    [TestCase("STL_TRUNCATED", "triangle 17", 65)]
    [TestCase("ATTEMPTS_EXHAUSTED", "", 75)]
    [TestCase("DEADLINE", "deadline_time", 75)]
    [TestCase("PRICING_FAILED", "", 70)]
    [TestCase("UNKNOWN_MATERIAL", "configurations[0].material", 64)]
    [TestCase("TOO_MANY_PRICES", "quote", 64)]
    public void A_failed_quote_is_the_model_s_fault_unless_the_platform_or_the_question_is_to_blame(string reason, string field, int exitCode) =>
        Assert.That(Fault.From(new Failure { Reason = reason, Message = "So.", Field = field }).ExitCode, Is.EqualTo(exitCode));

    [Test]
    public void Faults_of_files_and_models_are_told_apart()
    {
        Assert.That(Fault.From(new FileNotFoundException())!.ExitCode, Is.EqualTo(66));
        Assert.That(Fault.From(new UnauthorizedAccessException())!.ExitCode, Is.EqualTo(77));
        Assert.That(Fault.From(new IOException("disk on fire"))!.ExitCode, Is.EqualTo(74));
        Assert.That(Fault.From(new MeshFormatException("OBJ_INDEX", "No such vertex.", "line 4"))!.ExitCode, Is.EqualTo(65));
        Assert.That(Fault.From(new InvalidOperationException()), Is.Null, "a fault of the program is not dressed up as one of the user");
    }

    [Test]
    public void The_line_is_one_line_whatever_a_file_is_called()
    {
        var line = new Fault(65, "X", "Bad", "a\nb\u001b[31m", "1", "2").Line();

        Assert.That(line, Is.EqualTo("Bad. [X; a b [31m; limit: 1; actual: 2]"));
    }
}
