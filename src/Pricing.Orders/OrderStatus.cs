using System.Collections.Frozen;
using Pricing.Orders.V1;

namespace Pricing.Orders;

/// <summary>
/// The life cycle of an order: which state may follow which, and who may say so. The only door for a status change; anything
/// absent from the table is refused, loudly. docs/order-states.md draws it.
/// </summary>
public static class OrderStatus
{
    /// <summary>Systems that may move an order. Each legal move belongs to at least one of them.</summary>
    [Flags]
    public enum Actor
    {
        Shop = 1,
        Partner = 2,
        Mes = 4,
        Crm = 8,
        Platform = 16,
        Reconciler = 32,
    }

    static readonly FrozenDictionary<(OrderState From, OrderState To), Actor> Moves = new Dictionary<(OrderState, OrderState), Actor>
    {
        [(OrderState.Initiated, OrderState.FileUploaded)] = Actor.Shop,
        [(OrderState.FileUploaded, OrderState.Submitted)] = Actor.Shop,
        [(OrderState.Submitted, OrderState.CalculatingPrice)] = Actor.Platform,
        [(OrderState.CalculatingPrice, OrderState.PriceCalculated)] = Actor.Platform | Actor.Mes,
        [(OrderState.CalculatingPrice, OrderState.PriceFailed)] = Actor.Platform | Actor.Mes,
        [(OrderState.PriceFailed, OrderState.CalculatingPrice)] = Actor.Platform | Actor.Reconciler,
        [(OrderState.PriceCalculated, OrderState.ManufacturingApproved)] = Actor.Crm,
        [(OrderState.PriceCalculated, OrderState.Rejected)] = Actor.Crm | Actor.Partner | Actor.Shop,
        [(OrderState.ManufacturingApproved, OrderState.ManufacturingStarted)] = Actor.Mes,
        [(OrderState.ManufacturingStarted, OrderState.ManufacturingCompleted)] = Actor.Mes,
        [(OrderState.ManufacturingStarted, OrderState.ManufacturingFailed)] = Actor.Mes,
        [(OrderState.ManufacturingFailed, OrderState.ManufacturingApproved)] = Actor.Mes | Actor.Crm,
        [(OrderState.ManufacturingFailed, OrderState.Cancelled)] = Actor.Crm,
        [(OrderState.ManufacturingCompleted, OrderState.Packaging)] = Actor.Mes,
        [(OrderState.Packaging, OrderState.Shipped)] = Actor.Mes,
        [(OrderState.Shipped, OrderState.Closed)] = Actor.Crm,
        // Before production starts an order may still be called off.
        [(OrderState.Initiated, OrderState.Cancelled)] = Actor.Shop | Actor.Crm,
        [(OrderState.FileUploaded, OrderState.Cancelled)] = Actor.Shop | Actor.Crm,
        [(OrderState.Submitted, OrderState.Cancelled)] = Actor.Shop | Actor.Partner | Actor.Crm,
        [(OrderState.CalculatingPrice, OrderState.Cancelled)] = Actor.Shop | Actor.Partner | Actor.Crm,
        [(OrderState.PriceCalculated, OrderState.Cancelled)] = Actor.Shop | Actor.Partner | Actor.Crm,
        [(OrderState.PriceFailed, OrderState.Cancelled)] = Actor.Shop | Actor.Partner | Actor.Crm,
        [(OrderState.ManufacturingApproved, OrderState.Cancelled)] = Actor.Crm,
    }.ToFrozenDictionary();

    /// <summary>States that no move leaves.</summary>
    public static bool IsTerminal(OrderState state) => state is OrderState.Closed or OrderState.Cancelled or OrderState.Rejected;

    /// <summary>
    /// Checks one move. Any live state may become NEEDS_ATTENTION (reconciler) and return from it to the state it came from.
    /// </summary>
    /// <param name="from">The order's present state.</param>
    /// <param name="to">The state asked for.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="attentionOrigin">The state the order left for NEEDS_ATTENTION; read only when <paramref name="from"/> is that.</param>
    /// <exception cref="OrderTransitionException">The move is not in the table, or not this actor's.</exception>
    public static void Check(OrderState from, OrderState to, Actor actor, OrderState attentionOrigin = OrderState.Unspecified)
    {
        if (to == OrderState.NeedsAttention && from is not (OrderState.Unspecified or OrderState.NeedsAttention) && !IsTerminal(from))
        {
            Require(actor, Actor.Reconciler | Actor.Mes | Actor.Platform, from, to);
            return;
        }
        if (from == OrderState.NeedsAttention)
        {
            if (to != attentionOrigin && to != OrderState.Cancelled)
                throw new OrderTransitionException(from, to, actor);
            Require(actor, to == OrderState.Cancelled ? Actor.Crm : Actor.Reconciler | Actor.Mes | Actor.Crm | Actor.Platform, from, to);
            return;
        }
        if (!Moves.TryGetValue((from, to), out var allowed))
            throw new OrderTransitionException(from, to, actor);
        Require(actor, allowed, from, to);
    }

    static void Require(Actor actor, Actor allowed, OrderState from, OrderState to)
    {
        if ((actor & allowed) == 0)
            throw new OrderTransitionException(from, to, actor);
    }
}

/// <summary>A move that the life cycle does not know, or that belongs to another system. Reason ORDER_TRANSITION_ILLEGAL.</summary>
public sealed class OrderTransitionException(OrderState from, OrderState to, OrderStatus.Actor actor)
    : InvalidOperationException($"An order in {from} cannot become {to} by {actor}.")
{
    /// <summary>Stable code, listed in docs/errors.md.</summary>
    public const string Reason = "ORDER_TRANSITION_ILLEGAL";
    public OrderState From { get; } = from;
    public OrderState To { get; } = to;
    public OrderStatus.Actor Actor { get; } = actor;
}
