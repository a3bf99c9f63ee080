using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Cli.Chaos;
using Pricing.Geometry;
using Status = Grpc.Core.Status;

namespace Pricing.Tests.Cli.Chaos;

/// <summary>What a failed call means to the history, and what the clients send.</summary>
[TestFixture]
public sealed class RecordedCallsTests
{
    [TestCase(StatusCode.Unavailable, true)]
    [TestCase(StatusCode.ResourceExhausted, true)]
    [TestCase(StatusCode.Aborted, true)]
    [TestCase(StatusCode.InvalidArgument, false)]
    [TestCase(StatusCode.NotFound, false)]
    [TestCase(StatusCode.Internal, false)]
    public void The_platforms_own_word_is_final_unless_it_is_transient(StatusCode status, bool open)
    {
        var details = new Google.Rpc.Status { Details = { Any.Pack(new ErrorInfo { Type = "SOME_REASON", Domain = "pricing" }) } };
        var error = new RpcException(new Status(status, "no"), new Metadata { { "grpc-status-details-bin", details.ToByteArray() } });
        var (end, learned) = RecordedCalls.Judge(error, new CallFacts());
        Assert.That((end, learned.Reason, learned.HasDetails), Is.EqualTo((open ? CallEnd.Info : CallEnd.Fail, "SOME_REASON", (bool?)true)));
    }

    [Test]
    public void A_lost_connection_leaves_the_outcome_open()
    {
        var broken = new Status(StatusCode.Internal, "reset", new IOException("reset by peer"));
        Assert.That(RecordedCalls.Judge(new RpcException(broken), new CallFacts()).End, Is.EqualTo(CallEnd.Info));
        Assert.That(RecordedCalls.Judge(new RpcException(new Status(StatusCode.Cancelled, "")), new CallFacts()).End, Is.EqualTo(CallEnd.Info));
    }

    [Test]
    public void A_refusal_without_details_is_final_and_known_to_have_none()
    {
        var (end, learned) = RecordedCalls.Judge(new RpcException(new Status(StatusCode.Unknown, "")), new CallFacts());
        Assert.That((end, learned.HasDetails), Is.EqualTo((CallEnd.Fail, (bool?)false)));
    }

    [Test]
    public void A_model_can_be_made_again_and_its_sister_is_another_part()
    {
        var one = new ModelSpec(1, 400, Broken: false);
        var (once, again) = (one.Make(), one.Make());
        Assert.That(again, Is.EqualTo(once));
        var (first, second) = (PartMeasurer.Measure(one.Make(), new MeasureOptions()), PartMeasurer.Measure((one with { Seed = 2 }).Make(), new MeasureOptions()));
        Assert.That(first.Digest, Is.Not.EqualTo(second.Digest));
    }

    [Test]
    public void A_broken_model_is_refused_for_the_reason_the_harness_expects()
        => Assert.That(() => PartMeasurer.Measure(new ModelSpec(1, 400, Broken: true).Make(), new MeasureOptions()),
            Throws.TypeOf<MeshFormatException>().With.Property("Reason").EqualTo(ModelSpec.BrokenReason));
}
