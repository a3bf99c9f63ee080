using Google.Protobuf;
using Grpc.Core;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Cache;

/// <summary>A <see cref="PreviewPricesResponse"/> as it goes over the wire: written once, sent many times.</summary>
public sealed class PriceAnswer(ReadOnlyMemory<byte> body)
{
    /// <summary>What a gRPC method answers with: the bytes are copied to the connection, nothing is serialised.</summary>
    public static readonly Marshaller<PriceAnswer> Marshaller = new(
        static (answer, context) =>
        {
            context.SetPayloadLength(answer.Body.Length);
            var writer = context.GetBufferWriter();
            System.Buffers.BuffersExtensions.Write(writer, answer.Body.Span);
            context.Complete();
        },
        static context => new PriceAnswer(context.PayloadAsNewBuffer()));

    public ReadOnlyMemory<byte> Body { get; } = body;

    public static PriceAnswer Of(PreviewPricesResponse response) => new(response.ToByteArray());

    /// <summary>Null for bytes that are no such message.</summary>
    public static PriceAnswer? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            PreviewPricesResponse.Parser.ParseFrom(body.Span);
            return new PriceAnswer(body);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
