using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Client;

namespace Pricing.Tests.Client;

[TestFixture]
public sealed class PricingExceptionTests
{
    [Test]
    public void Reason_field_limit_actual_and_retry_come_out_of_the_details()
    {
        var error = PricingException.From(Failed(StatusCode.ResourceExhausted, "Slow down.",
            Any.Pack(new ErrorInfo { Type = "QUOTA_EXCEEDED", Domain = "pricing", Metadata = { ["field"] = "parent", ["limit"] = "5 a second", ["actual"] = "9" } }),
            Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(7)) })));

        Assert.Multiple(() =>
        {
            Assert.That(error.Code, Is.EqualTo(StatusCode.ResourceExhausted));
            Assert.That(error.Reason, Is.EqualTo("QUOTA_EXCEEDED"));
            Assert.That(error.Message, Is.EqualTo("Slow down."));
            Assert.That(error.Field, Is.EqualTo("parent"));
            Assert.That(error.Limit, Is.EqualTo("5 a second"));
            Assert.That(error.Actual, Is.EqualTo("9"));
            Assert.That(error.RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(7)));
            Assert.That(error.IsTransient, Is.True);
        });
    }

    [Test]
    public void Without_details_the_status_is_the_reason()
    {
        var error = PricingException.From(new RpcException(new Grpc.Core.Status(StatusCode.NotFound, "gone")));

        Assert.That(error.Reason, Is.EqualTo("NOT_FOUND"));
        Assert.That(error.IsTransient, Is.False);
    }

    [Test]
    public void Details_that_are_garbage_do_not_hide_the_status()
    {
        var trailers = new Metadata { { "grpc-status-details-bin", [0xff, 0xff, 0xff] } };
        var error = PricingException.From(new RpcException(new Grpc.Core.Status(StatusCode.InvalidArgument, "no"), trailers));

        Assert.That(error.Code, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(error.Reason, Is.EqualTo("INVALID_ARGUMENT"));
    }

    [Test]
    public void A_bad_request_names_its_field_where_the_error_info_does_not()
    {
        var error = PricingException.From(Failed(StatusCode.InvalidArgument, "no",
            Any.Pack(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = "quantities[0]" } } })));

        Assert.That(error.Field, Is.EqualTo("quantities[0]"));
    }

    static RpcException Failed(StatusCode code, string message, params Any[] details)
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = message, Details = { details } };
        return new RpcException(new Grpc.Core.Status(code, message), new Metadata { { "grpc-status-details-bin", status.ToByteArray() } });
    }
}
