using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Client;
using Status = Grpc.Core.Status;

namespace Pricing.Tests.Client;

/// <summary>What is worth asking again: whatever nobody answered. An answer is an answer.</summary>
[TestFixture]
public sealed class RetryTests
{
    static readonly Retry Retry = new(new PricingClientOptions());

    [TestCase(StatusCode.Unavailable, true)]
    [TestCase(StatusCode.Internal, false)]
    [TestCase(StatusCode.ResourceExhausted, false)]
    [TestCase(StatusCode.InvalidArgument, false)]
    public void Of_plain_answers_only_unavailable_is_asked_again(StatusCode code, bool repeats)
        => Assert.That(Retry.ShouldRepeat(new RpcException(new Status(code, "said")), 1), Is.EqualTo(repeats));

    [Test]
    public void A_connection_that_ends_under_a_call_is_no_answer()
    {
        var lost = new RpcException(new Status(StatusCode.Internal, "closed", new HttpProtocolException(5, "STREAM_CLOSED", null)));

        Assert.That(Retry.ShouldRepeat(lost, 1));
        Assert.That(Retry.ShouldRepeat(lost, Limits.Client.AttemptsMax), Is.False, "a bounded number of times");
    }

    [Test]
    public void Exhausted_with_a_time_to_come_back_is_asked_again()
    {
        var details = new Google.Rpc.Status { Details = { Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(2)) }) } };
        var trailers = new Metadata { { "grpc-status-details-bin", details.ToByteArray() } };

        Assert.That(Retry.ShouldRepeat(new RpcException(new Status(StatusCode.ResourceExhausted, "later"), trailers), 1));
    }
}
