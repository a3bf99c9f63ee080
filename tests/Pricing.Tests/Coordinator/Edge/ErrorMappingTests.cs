using Grpc.Core;
using Npgsql;
using NUnit.Framework;
using Pricing.Coordinator.Edge;

namespace Pricing.Tests.Coordinator.Edge;

[TestFixture]
public sealed class ErrorMappingTests
{
    /// <summary>Found by chaos (seed 2): a coordinator stopped for longer than its transactions may idle told its waiting callers INTERNAL, which nobody repeats.</summary>
    [Test]
    public void A_transaction_ended_by_the_server_because_we_were_stopped_is_worth_another_try()
    {
        var refusal = ErrorMapping.AsRefusal(new PostgresException("terminating connection due to idle-in-transaction timeout", "FATAL", "FATAL", "25P03"));
        Assert.That((refusal.Status, refusal.Reason), Is.EqualTo((StatusCode.Unavailable, "DATABASE_UNAVAILABLE")));
        Assert.That(refusal.RetryAfter, Is.Not.Null);
    }
}
